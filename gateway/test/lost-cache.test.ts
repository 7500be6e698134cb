import { generationKey } from '@gatehouse/identity';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from './harness/gateway.ts';
import { losableKeyValue } from './harness/ports.ts';

async function start() {
  const keyValue = losableKeyValue();
  const gateway = await startGateway({ keyValue });
  onTestFinished(() => gateway.stop());
  const ask = async (token: string) => {
    const { data, errors } = await gateway.query('{ me { id } }', { token });
    return errors ? errors[0]?.extensions.code : Object.keys(data ?? {})[0];
  };
  const asked = () => gateway.provider.calls.filter(({ operation }) => operation === 'TokenPrincipal').length;
  /** The engine that holds cache and live messages is gone, or back. */
  const setLost = (lost: boolean) => {
    keyValue.state.lost = lost;
    gateway.pubSub.setConnected(!lost);
  };
  return { ...gateway, keyValue, ask, asked, setLost };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a shared cache that may be lost', () => {
  it('spares the auth subgraph while it is there', async () => {
    const { provider, ask, asked } = await start();
    const { token } = await provider.signIn([]);
    expect([await ask(token), await ask(token), asked()]).toEqual(['me', 'me', 1]);
  });

  it('is done without: tokens count, are asked for every second, and a revocation still holds', async () => {
    const { provider, ask, asked, setLost } = await start();
    const known = await provider.signIn([]);
    const other = await provider.signIn([]);
    await ask(known.token);
    setLost(true);
    expect([await ask(known.token), await ask(other.token)]).toEqual(['me', 'me']);
    expect(asked()).toBe(3);
    // Nobody can be told.
    const session = provider.sessions.get(known.sessionId);
    if (session) session.live = false;
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect([await ask(known.token), await ask(other.token)]).toEqual(['UNAUTHENTICATED', 'me']);
  });

  it('back, is not believed in what it kept: a revocation may have missed it', async () => {
    const { provider, keyValue, ask, asked, setLost } = await start();
    const person = await provider.signIn([]);
    const other = await provider.signIn([]);
    await Promise.all([ask(person.token), ask(other.token)]);
    const kept = new Map(keyValue.values);
    setLost(true);
    const session = provider.sessions.get(person.sessionId);
    if (session) session.live = false;
    setLost(false);
    for (const [key, value] of kept) if (key.startsWith('principal:')) keyValue.values.set(key, value);
    await settled();
    expect([await ask(person.token), await ask(other.token)]).toEqual(['UNAUTHENTICATED', 'me']);
    // And then it serves again.
    const before = asked();
    await provider.signIn([]);
    expect([await ask(other.token), asked()]).toEqual(['me', before]);
  });

  it('that forgot a revocation gives nothing from before it', async () => {
    const { provider, keyValue, pubSub, ask, endSession } = await start();
    const person = await provider.signIn([]);
    await ask(person.token);
    const kept = new Map(keyValue.values);
    await endSession(person);
    // As after the eviction of a key, or a failover that lost the last writes.
    keyValue.values.delete(generationKey(person.userId));
    for (const [key, value] of kept) if (key.startsWith('principal:')) keyValue.values.set(key, value);
    pubSub.setConnected(true);
    expect(await ask(person.token)).toBe('UNAUTHENTICATED');
  });

  it('does not make the gateway unready', async () => {
    const { url, setLost } = await start();
    setLost(true);
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', degraded: ['cache'] }]);
    setLost(false);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
  });
});
