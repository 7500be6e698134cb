import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { defaultGatewayConfig } from '../src/index.ts';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const streams = { ...defaultGatewayConfig.streams, stallMs: 300 };
  gateway = await startGateway({ config: { streams } });
});
afterAll(() => gateway.stop());

const query = 'subscription { ticks(every: 0, size: 20000) { n padding } }';

describe('a client that reads slowly', () => {
  it('gets every event: the source waits for it', async () => {
    const stream = listen(gateway, 'websocket', { query: 'subscription { ticks(every: 0) { n } }' });
    await stream.event(2_000);
    const numbers = stream.events.map(({ data }) => (data?.ticks as { n: number } | undefined)?.n);
    expect(numbers).toEqual(numbers.map((_, n) => n + 1));
    stream.stop();
  });
});

describe('a client that does not read', () => {
  it('over SSE is cut, and holds no more than its buffer', async () => {
    const before = process.memoryUsage().rss;
    const body = JSON.stringify({ query });
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: localhost:${gateway.port}\r\naccept: text/event-stream\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await sleep(4_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
  });

  it('over a WebSocket is told to resume and closed', async () => {
    const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws');
    socket.on('error', () => {});
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    socket.pause();
    await sleep(1_000);
    const messages: string[] = [];
    socket.on('message', (message) => messages.push(String(message)));
    socket.resume();
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([1013, 'RESUME_REQUIRED']);
    expect(messages.slice(-2).join()).toContain('"code":"RESUME_REQUIRED"');
  });
});
