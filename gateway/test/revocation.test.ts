import { revoke } from '@gatehouse/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway.stop());

const ask = async (token: string, query = '{ me { id } }') => {
  const { data, errors } = await gateway.query(query, { token });
  return errors ? errors[0]?.extensions.code : Object.keys(data ?? {})[0];
};
const asked = () => gateway.provider.calls.filter(({ operation }) => operation === 'TokenPrincipal').length;

describe('a revocation', () => {
  it('of a session reaches its token at once, and no other session', async () => {
    const { provider } = gateway;
    const first = await provider.signIn([]);
    const second = await provider.signIn([], { userId: first.userId });
    expect([await ask(first.token), await ask(second.token)]).toEqual(['me', 'me']);
    await gateway.endSession(first);
    expect([await ask(first.token), await ask(second.token)]).toEqual(['UNAUTHENTICATED', 'me']);
  });

  it('of a role changes what tokens already issued may do', async () => {
    const person = await gateway.provider.signIn(['users:read']);
    const query = '{ user(id: "1") { id } }';
    expect(await ask(person.token, query)).toBe('user');
    await gateway.setPermissions(person, []);
    expect(await ask(person.token, query)).toBe('FORBIDDEN');
    await gateway.setPermissions(person, ['users:read']);
    expect(await ask(person.token, query)).toBe('user');
  });

  it('during the question is not overwritten by its answer', async () => {
    const { provider, keyValue, pubSub } = gateway;
    const person = await provider.signIn(['users:read']);
    const query = '{ user(id: "1") { id } }';
    let revoked = false;
    provider.state.beforeAnswer = async () => {
      if (revoked || provider.calls.at(-1)?.operation !== 'TokenPrincipal') return;
      revoked = true;
      const session = provider.sessions.get(person.sessionId);
      if (session) session.permissions = [];
      await revoke({ keyValue, pubSub }, { userId: person.userId, ended: false });
    };
    expect(await ask(person.token, query)).toBe('FORBIDDEN');
    expect(await ask(person.token, query)).toBe('FORBIDDEN');
    expect(asked()).toBe(2);
  });

  it('that only the shared cache hears of is found there', async () => {
    const { provider, pubSub } = gateway;
    const person = await provider.signIn([]);
    expect(await ask(person.token)).toBe('me');
    pubSub.setConnected(false);
    await gateway.endSession(person);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await ask(person.token)).toBe('UNAUTHENTICATED');
  });

  it('that the shared cache could take no note of is not undone by it', async () => {
    const { provider, keyValue, pubSub } = gateway;
    const person = await provider.signIn([]);
    expect(await ask(person.token)).toBe('me');
    provider.sessions.delete(person.sessionId);
    const full = { ...keyValue, set: () => Promise.reject(new Error('MISCONF no space is left')) };
    const { userId, sessionId } = person;
    const revoking = revoke({ keyValue: full, pubSub }, { userId, sessionId, ended: true });
    await expect(revoking).rejects.toThrow('MISCONF');
    expect(await ask(person.token)).toBe('UNAUTHENTICATED');
  });
});

describe('the caches', () => {
  it('spare the auth subgraph', async () => {
    const { token } = await gateway.provider.signIn([]);
    for (let n = 0; n < 5; n++) await ask(token);
    expect(asked()).toBe(1);
  });

  it('of this process are emptied when the connection is lost, the shared one is not', async () => {
    const { provider, pubSub } = gateway;
    const { token } = await provider.signIn([]);
    await ask(token);
    pubSub.setConnected(false);
    await ask(token);
    pubSub.setConnected(true);
    await ask(token);
    expect(asked()).toBe(1);
  });

  it('end with the token', async () => {
    const { token } = await gateway.provider.signIn([], { expiresIn: 2 });
    expect(await ask(token)).toBe('me');
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    expect(await ask(token)).toBe('UNAUTHENTICATED');
  });
});
