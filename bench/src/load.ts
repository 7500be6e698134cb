import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Answer, readAnswer } from './read-answer.ts';

/** A load generator in a process of its own: raw sockets, so that it costs less than what it measures. */
export type Order = {
  port: number;
  /** Of the Host header. */
  host?: string;
  tokens: string[];
  body: string;
  seconds: number;
  /** Every request asks a new operation: the first `00000000` of the body is its number. */
  distinct?: boolean;
  /** Requests per second; without it, every connection sends as soon as it is answered. */
  rate?: number;
};

export type Measured = {
  requests: number;
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers whose status was not 200. */
  failures: number;
  /** The body of one answer. */
  sample: string;
};

process.on('message', (order: Order) => {
  run(order).then(
    (measured) => process.send?.({ measured }),
    (error: Error) => process.send?.({ problem: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(order: Order): Promise<Measured> {
  const latencies: number[] = [];
  let failures = 0;
  let sample = '';
  const clients = await Promise.all(
    order.tokens.map((token) => open(order.port, requestOf(order, token), order.distinct)),
  );
  const began = performance.now();
  const until = began + order.seconds * 1_000;

  const note = (since: number, answer: Answer) => {
    latencies.push(performance.now() - since);
    if (answer.status !== 200) failures++;
    if (!sample || answer.status !== 200) sample = answer.body();
  };

  if (order.rate === undefined) {
    await Promise.all(
      clients.map(async (client) => {
        while (performance.now() < until) {
          const since = performance.now();
          note(since, await client.ask());
        }
      }),
    );
  } else {
    await atRate(clients, order.rate, until, note);
  }
  const seconds = (performance.now() - began) / 1_000;
  for (const { socket } of clients) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    failures,
    sample,
  };
}

/** Requests fall due at a steady rate, and their latency counts from then, whether or not a connection was free. */
async function atRate(
  clients: Client[],
  rate: number,
  until: number,
  note: (since: number, answer: Answer) => void,
): Promise<void> {
  const free = [...clients];
  const due: number[] = [];
  let broken: Error | undefined;
  const running = new Set<Promise<void>>();
  let next = performance.now();
  const serve = () => {
    for (let client = free.pop(); client; client = free.pop()) {
      const since = due.shift();
      if (since === undefined) return void free.push(client);
      const used = client;
      const answered = used.ask().then(
        (answer) => {
          note(since, answer);
          free.push(used);
          running.delete(answered);
          serve();
        },
        (error: Error) => {
          broken ??= error;
        },
      );
      running.add(answered);
    }
  };
  while (performance.now() < until) {
    for (const now = performance.now(); next <= now; next += 1_000 / rate) due.push(next);
    serve();
    // A pause of the system is too long for a high rate, and waiting actively a waste at a low one.
    await (next - performance.now() > 2 ? setTimeout(1) : setImmediate());
  }
  await Promise.all(running);
  if (broken) throw broken;
}

function requestOf({ body, port, host = `127.0.0.1:${port}` }: Order, token: string): Buffer {
  return Buffer.from(
    [
      'POST /graphql HTTP/1.1',
      `host: ${host}`,
      'content-type: application/json',
      'accept: application/json',
      `authorization: Bearer ${token}`,
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

type Client = { socket: Socket; ask(): Promise<Answer> };

let asked = 0;

function open(port: number, request: Buffer, distinct = false): Promise<Client> {
  const place = request.indexOf('00000000');
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = readAnswer(received);
      if (!answer) return;
      received = Buffer.alloc(0);
      pending?.resolve(answer);
    });
    const fail = () => pending?.reject(new Error(`the server on ${port} closed a connection`));
    socket.on('error', fail);
    socket.on('close', fail);
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        socket,
        ask: () =>
          new Promise((done, failed) => {
            pending = { resolve: done, reject: failed };
            if (distinct) request.write(String(asked++ % 100_000_000).padStart(8, '0'), place);
            socket.write(request);
          }),
      }),
    );
  });
}
