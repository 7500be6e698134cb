import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway, type TestGateway } from './harness/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: {
      corsOrigins: ['https://app.example.com'],
      streams: {
        maxPerConnection: 2,
        maxMessageBytes: 2_000,
        maxWaitingEvents: 16,
        stallMs: 500,
        initTimeoutMs: 100,
        keepAliveMs: 60,
      },
    },
  });
});
afterAll(() => gateway.stop());

async function open(options: { protocol?: string; headers?: Record<string, string> } = {}) {
  const socket = new WebSocket(gateway.socketUrl, options.protocol ?? 'graphql-transport-ws', {
    headers: options.headers,
  });
  const messages: { type: string; id?: string; payload?: unknown }[] = [];
  const seen = new Set<() => void>();
  socket.on('message', (message) => {
    messages.push(JSON.parse(String(message)));
    for (const tell of [...seen]) tell();
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, 'open');
  const send = (message: unknown) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const message = async (fits: (message: (typeof messages)[number]) => boolean) => {
    for (;;) {
      const found = messages.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const tell = () => {
          seen.delete(tell);
          resolve();
        };
        seen.add(tell);
      });
    }
  };
  return { socket, send, message, closed, messages };
}

const refusedWith = async (headers: Record<string, string>, path = '/graphql') => {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, 'graphql-transport-ws', { headers });
  const [error] = await once(socket, 'error');
  return (error as Error).message;
};

const ticks = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { ticks(every: 5) { n } }' },
});

describe('a WebSocket', () => {
  it('is opened for pages of configured origins only, and for programs', async () => {
    expect(await refusedWith({ origin: 'https://evil.example.com' })).toContain('403');
    expect(await refusedWith({ origin: 'null' })).toContain('403');
    for (const origin of ['https://app.example.com', gateway.url]) {
      const { socket } = await open({ headers: { origin } });
      socket.close();
    }
  });

  it('is opened at /graphql only', async () => {
    expect(await refusedWith({}, '/other')).toContain('404');
    expect(await refusedWith({}, '/oauth2//graphql')).toContain('400');
  });

  it('must say who it is in time', async () => {
    const { closed } = await open();
    expect((await closed).code).toBe(4408);
  });

  it('must speak the protocol', async () => {
    const other = new WebSocket(gateway.socketUrl, 'graphql-ws');
    await once(other, 'error').catch(() => {});
    for (const message of ['{', '[]', '{"type":"no"}']) {
      const { send, closed } = await open();
      send(message);
      expect((await closed).code).toBe(4400);
    }
  });

  it('subscribes only after it was let in', async () => {
    const { send, closed } = await open();
    send(ticks('1'));
    expect((await closed).code).toBe(4401);
  });

  it('with a token that does not stand is closed', async () => {
    for (const payload of [
      { authorization: 'Bearer a.b.c' },
      { authorization: ['x'] },
      { authorization: '' },
    ]) {
      const { send, closed } = await open();
      send({ type: 'connection_init', payload });
      expect(await closed).toEqual({ code: 4401, reason: 'UNAUTHENTICATED' });
    }
    const { send, closed } = await open({ headers: { authorization: 'Bearer a.b.c' } });
    send({ type: 'connection_init' });
    expect((await closed).code).toBe(4401);
  });

  it('takes the token of the header when it was opened with one', async () => {
    const { token, userId } = await gateway.provider.signIn([]);
    const { send, message, socket } = await open({ headers: { authorization: `Bearer ${token}` } });
    send({ type: 'connection_init' });
    await message(({ type }) => type === 'connection_ack');
    send({ id: '1', type: 'subscribe', payload: { query: '{ me { id } }' } });
    expect(await message(({ type }) => type === 'next')).toMatchObject({
      payload: { data: { me: { id: userId } } },
    });
    socket.close();
  });

  it('carries a bounded number of operations', async () => {
    const { send, message, socket } = await open();
    send({ type: 'connection_init' });
    await message(({ type }) => type === 'connection_ack');
    for (const id of ['1', '2', '3']) send(ticks(id));
    const refused = await message(({ type }) => type === 'error');
    expect(refused).toMatchObject({ id: '3', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
    send({ id: '1', type: 'complete' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    send(ticks('4'));
    await message(({ id, type }) => id === '4' && type === 'next');
    socket.close();
  });

  it('takes messages up to a size', async () => {
    const { send, closed } = await open();
    send({ type: 'connection_init', payload: { pad: 'x'.repeat(3_000) } });
    expect((await closed).code).toBe(1009);
  });

  it('that answers no ping is cut', async () => {
    const { socket, send, closed } = await open();
    send({ type: 'connection_init' });
    Object.assign(socket, { pong: () => {}, _autoPong: false });
    expect((await closed).code).toBe(1006);
  });
});
