import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { endIdleConnections } from '../src/http/idle-connections.ts';

let server: Server;
const clients: Socket[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const client of clients.splice(0)) client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(handle: RequestListener): Promise<void> {
  server = createServer(handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
}

async function open(): Promise<{ socket: Socket; said(): string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(socket);
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'connect');
  return { socket, said: () => text };
}

const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

describe('a connection', () => {
  const idleMs = 400;

  it('ends when it carries no request for a while, before the first one and after the last', async () => {
    let isBusy: ReturnType<typeof endIdleConnections>;
    await listen((_, response) => {
      isBusy(response);
      response.end('ok');
    });
    isBusy = endIdleConnections(server, idleMs);
    const [silent, used] = [await open(), await open()];
    used.socket.write(get);
    await Promise.all([once(silent.socket, 'close'), once(used.socket, 'close')]);
    expect([silent.said(), used.said().endsWith('ok')]).toEqual(['', true]);
  });

  it('stays while it is used or an answer is on its way', async () => {
    let isBusy: ReturnType<typeof endIdleConnections>;
    await listen((request, response) => {
      isBusy(response);
      response.write('began');
      if (request.url === '/') response.end();
    });
    isBusy = endIdleConnections(server, idleMs);
    const [streaming, reused] = [await open(), await open()];
    streaming.socket.write(get.replace('/', '/stream'));
    for (let n = 0; n < 12; n++) {
      reused.socket.write(get);
      await sleep(idleMs / 4);
    }
    expect([streaming.socket.closed, reused.socket.closed]).toEqual([false, false]);
    expect(reused.said().split('began')).toHaveLength(13);
  });

  it('is cut when a body takes too long; a body that was read is forgotten', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    // One that other tests have not started the rounds of.
    vi.resetModules();
    const { readPost } = await import('../src/http/read-parameters.ts');
    const told: unknown[] = [];
    let begun = 0;
    await listen((request, response) => {
      begun += 1;
      readPost(request, 1_000, (problem, parameters) => {
        told.push(problem?.message ?? parameters);
        response.end();
      });
    });
    const [slow, quick] = [await open(), await open()];
    const post = (length: number) =>
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n{`;
    slow.socket.write(post(10));
    quick.socket.write(`${post(2)}}`);
    while (begun < 2 || told.length < 1) await sleep(5);
    vi.advanceTimersByTime(15_000);
    await sleep(20);
    expect(slow.socket.closed).toBe(false);
    vi.advanceTimersByTime(15_000);
    await once(slow.socket, 'close');
    expect(told).toEqual([{ variables: {}, extensions: {} }, 'The body ended early.']);
    expect(quick.socket.closed).toBe(false);
  });
});
