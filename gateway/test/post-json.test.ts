import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deadline } from '@gatehouse/service-kit/subgraph';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson } from '../src/subgraphs/post-json.ts';

let answer: (response: ServerResponse) => void;
const server = createServer((request, response) => {
  request.resume().on('end', () => answer(response));
});
let pool: Pool;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, maxResponseSize: 1_000 });
});
afterAll(async () => {
  await pool.destroy();
  server.close();
});

const post = (signal?: AbortSignal) =>
  postJson(pool, {
    path: '/',
    headers: ['content-type', 'application/json'],
    body: '{}',
    deadline: new Deadline(5_000, signal),
  });

describe('a fetch over HTTP', () => {
  it('is answered whole, whatever the chunks', async () => {
    answer = (response) => {
      const bytes = Buffer.from('{"a":"é漢"}');
      response.write(bytes.subarray(0, 7));
      setTimeout(() => response.end(bytes.subarray(7)), 10);
    };
    expect(await post()).toEqual({ status: 200, text: '{"a":"é漢"}' });
  });

  it('ends when its client goes away, also while it waits for a connection', async () => {
    const open: ServerResponse[] = [];
    answer = (response) => void open.push(response);
    const gone = new AbortController();
    const [running, waiting] = [post(gone.signal), post(gone.signal)];
    setTimeout(() => gone.abort(new Error('gone')), 30);
    await expect(running).rejects.toThrow('gone');
    await expect(waiting).rejects.toThrow('gone');
    await expect(post(gone.signal)).rejects.toThrow('gone');
  });

  it('fails when the connection is lost or the answer is too long', async () => {
    answer = (response) => {
      response.write('{"a":');
      setTimeout(() => response.destroy(), 10);
    };
    await expect(post()).rejects.toThrow();
    answer = (response) => response.end('x'.repeat(2_000));
    await expect(post()).rejects.toThrow(/size/i);
    answer = (response) => response.end('{}');
    expect(await post()).toEqual({ status: 200, text: '{}' });
  });
});
