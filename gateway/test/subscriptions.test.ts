import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway, topologies } from './harness/gateway.ts';
import { listen, transports } from './harness/stream-clients.ts';

const query = 'subscription { securityEvents { kind: type user { email documents { name } } } }';

describe.each(topologies)('subscriptions, subgraphs %s', (topology) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ topology });
  });
  afterAll(() => gateway.stop());

  /** Waits until the subgraph listens, then emits. */
  const emit = async (event: { id: string; type: string; userId?: string }, listeners = 1) => {
    for (let n = 0; n < 200 && gateway.listeners() < listeners; n++) await sleep(5);
    gateway.emit(event);
  };
  const quiet = async () => {
    for (let n = 0; n < 400 && gateway.listeners() > 0; n++) await sleep(5);
    return gateway.listeners();
  };

  describe.each(transports)('over %s', (transport) => {
    it('joins fields of other subgraphs into each event', async () => {
      const { token } = await gateway.provider.signIn([]);
      const stream = listen(gateway, transport, { query, token });
      await emit({ id: '1', type: 'LOGIN_FAILED', userId: 'ada' });
      expect(await stream.event(0)).toEqual({
        data: {
          securityEvents: {
            kind: 'LOGIN_FAILED',
            user: { email: 'ada@example.com', documents: [{ name: 'ada.pdf' }] },
          },
        },
      });
      await emit({ id: '2', type: 'LOGGED_OUT' });
      expect(await stream.event(1)).toEqual({ data: { securityEvents: { kind: 'LOGGED_OUT', user: null } } });
      stream.stop();
      expect(await quiet()).toBe(0);
    });

    it('keeps an event whose join fails, with a masked error', async () => {
      const { token } = await gateway.provider.signIn([]);
      const stream = listen(gateway, transport, {
        query: 'subscription { securityEvents { id user { email } } }',
        token,
      });
      await emit({ id: '3', type: 'X', userId: 'broken' });
      const event = await stream.event(0);
      expect(event.data).toEqual({ securityEvents: { id: '3', user: null } });
      expect(event.errors?.[0]).toMatchObject({
        message: 'Unexpected error.',
        path: ['securityEvents', 'user'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) },
      });
      expect(JSON.stringify(event)).not.toContain('table');
      await emit({ id: '4', type: 'X' });
      expect((await stream.event(1)).errors).toBeUndefined();
      stream.stop();
      await quiet();
    });

    it('is refused by the subgraph that owns it', async () => {
      const stream = listen(gateway, transport, { query });
      expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      await stream.ended;
      stream.stop();
    });

    it('is refused with its code when the document is', async () => {
      const stream = listen(gateway, transport, { query: 'subscription { nothing }' });
      expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
      stream.stop();
    });

    it('ends when the token expires', async () => {
      const { token } = await gateway.provider.signIn([], { expiresIn: 2 });
      const stream = listen(gateway, transport, { query, token });
      expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('TOKEN_EXPIRED');
      await stream.ended;
      expect(await stream.closed).toEqual(
        transport === 'sse' ? null : { code: 4401, reason: 'TOKEN_EXPIRED' },
      );
      expect(await quiet()).toBe(0);
    });

    it('ends when the session does', async () => {
      const { provider } = gateway;
      const person = await provider.signIn([]);
      const other = await provider.signIn([], { userId: person.userId });
      const stream = listen(gateway, transport, { query, token: person.token });
      const stays = listen(gateway, transport, { query, token: other.token });
      await emit({ id: '5', type: 'X' }, 2);
      await Promise.all([stream.event(0), stays.event(0)]);
      await gateway.endSession(person);
      expect((await stream.event(1)).errors?.[0]?.extensions.code).toBe('SESSION_REVOKED');
      expect(await stream.closed).toEqual(
        transport === 'sse' ? null : { code: 4401, reason: 'SESSION_REVOKED' },
      );
      await emit({ id: '6', type: 'X' });
      await stays.event(1);
      expect(stream.events).toHaveLength(2);
      stays.stop();
      await quiet();
    });

    it('ends to be resumed when what its holder may do has changed', async () => {
      const person = await gateway.provider.signIn(['users:read']);
      const stream = listen(gateway, transport, { query, token: person.token });
      await emit({ id: '7', type: 'X' });
      await stream.event(0);
      await gateway.setPermissions(person, ['users:read']);
      await emit({ id: '8', type: 'X' });
      await stream.event(1);
      await gateway.setPermissions(person, []);
      expect((await stream.event(2)).errors?.[0]?.extensions.code).toBe('RESUME_REQUIRED');
      await stream.ended;
      await quiet();
    });

    it('ends within two seconds of a revocation that was not heard of', async () => {
      const person = await gateway.provider.signIn([]);
      const stream = listen(gateway, transport, { query, token: person.token });
      await emit({ id: '9', type: 'X' });
      await stream.event(0);
      gateway.pubSub.setConnected(false);
      await gateway.endSession(person);
      expect((await stream.event(1)).errors?.[0]?.extensions.code).toBe('SESSION_REVOKED');
      gateway.pubSub.setConnected(true);
      await quiet();
    });

    it('carries queries and mutations too', async () => {
      const asked = listen(gateway, transport, { query: '{ hello(name: "Ada") }' });
      expect(await asked.event(0)).toEqual({ data: { hello: 'Hello Ada' } });
      await asked.ended;
      const changed = listen(gateway, transport, {
        query: 'mutation { rename(input: {id: "1", name: "x"}) { name } }',
      });
      expect(await changed.event(0)).toEqual({ data: { rename: { name: 'x' } } });
      for (const stream of [asked, changed]) stream.stop();
    });
  });

  it('needs an event stream over HTTP', async () => {
    const { errors } = await gateway.query('subscription { ticks(every: 10) { n } }');
    expect(errors?.[0]?.extensions.code).toBe('METHOD_NOT_ALLOWED');
  });

  it('keeps @skip, @include and variables', async () => {
    const stream = listen(gateway, 'sse', {
      query:
        'subscription ($every: Int!, $no: Boolean = false) { ticks(every: $every) { n @include(if: $no) again: n } }',
      variables: { every: 5 },
    });
    expect(await stream.event(1)).toEqual({ data: { ticks: { again: 2 } } });
    stream.stop();
  });
});

describe('a subgraph that is lost', () => {
  it.each(transports)('ends its streams to be resumed, over %s', async (transport) => {
    const gateway = await startGateway({ topology: 'remote' });
    const { token } = await gateway.provider.signIn([]);
    const stream = listen(gateway, transport, { query, token });
    for (let n = 0; n < 200 && gateway.listeners() === 0; n++) await sleep(5);
    await gateway.served.stopOne('auth');
    expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('RESUME_REQUIRED');
    await stream.ended;
    await gateway.stop();
  });
});
