import { setTimeout as sleep } from 'node:timers/promises';
import { announceTenantChange } from '@gatehouse/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { listen, transports } from './harness/stream-clients.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway.stop());

const set = async (status: 'ACTIVE' | 'SUSPENDED' | 'DELETED') => {
  gateway.provider.tenants.a.status = status;
  await announceTenantChange(gateway.pubSub, { tenantId: 'tenant-a' });
};

describe.each(['SUSPENDED', 'DELETED'] as const)('a tenant that is %s', (status) => {
  it('refuses operations, with a token or without, and comes back at once', async () => {
    const { token } = await gateway.provider.signIn([]);
    const ask = async (authorization?: string) => {
      const answer = await gateway.post({ query: '{ hello }' }, authorization ? { authorization } : {});
      return [
        answer.status,
        ((await answer.json()) as { errors?: [{ extensions: { code: string } }] }).errors,
      ];
    };
    const refused = [403, [{ message: expect.any(String), extensions: { code: 'TENANT_SUSPENDED' } }]];
    expect(await ask(`Bearer ${token}`)).toEqual([200, undefined]);
    await set(status);
    expect(await ask(`Bearer ${token}`)).toEqual(refused);
    expect(await ask()).toEqual(refused);
    await set('ACTIVE');
    expect(await ask(`Bearer ${token}`)).toEqual([200, undefined]);
  });

  it('refuses every path but that of health, and sockets', async () => {
    await set(status);
    for (const path of [
      '/oauth2/token',
      '/.well-known/openid-configuration',
      '/storage/x',
      '/audit/x',
      '/',
    ]) {
      const answer = await fetch(`${gateway.url}${path}`);
      const body = (await answer.json()) as { error: string; errors: [{ extensions: { code: string } }] };
      expect([answer.status, body.error, body.errors[0].extensions.code]).toEqual([
        403,
        'tenant_suspended',
        'TENANT_SUSPENDED',
      ]);
    }
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws');
    const refusal = await new Promise<string>((resolve) =>
      socket.once('error', (error) => resolve(error.message)),
    );
    expect(refusal).toContain('403');
  });

  it.each(transports)('ends streams over %s with a code', async (transport) => {
    const { token } = await gateway.provider.signIn([]);
    const query = 'subscription { securityEvents { id } }';
    const stream = listen(gateway, transport, { query, token });
    for (let n = 0; n < 200 && gateway.listeners() < 1; n++) await sleep(5);
    await set(status);
    expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('TENANT_SUSPENDED');
    if (transport === 'websocket')
      expect(await stream.closed).toEqual({ code: 4403, reason: 'TENANT_SUSPENDED' });
    stream.stop();
  });
});

it('while changes do not arrive, a suspension is noticed within a second or so', async () => {
  const status = async () => (await gateway.post({ query: '{ hello }' })).status;
  expect(await status()).toBe(200);
  gateway.pubSub.setConnected(false);
  gateway.provider.tenants.a.status = 'SUSPENDED';
  await sleep(1_050);
  expect(await status()).toBe(403);
});

it('what was known last holds while the user subgraph can not be asked', async () => {
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
  gateway.pubSub.setConnected(false);
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
  gateway.provider.state.failing = true;
  await sleep(1_050);
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
});
