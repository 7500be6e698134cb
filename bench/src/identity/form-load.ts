import { connect, type Socket } from 'node:net';
import { readAnswer } from '../read-answer.ts';

/** A load of requests that differ from connection to connection, in a process of its own. */
export type FormOrder = {
  port: number;
  host: string;
  path: string;
  headers?: Record<string, string>;
  /** One for each connection. */
  bodies: string[];
  /** The next body of a connection holds what its last answer had here, as the form field of the same name. */
  renews?: 'refresh_token';
  seconds: number;
};

export type FormMeasured = {
  requests: number;
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  failures: number;
  sample: string;
  /** To go on with. */
  bodies: string[];
};

process.on('message', (order: FormOrder) => {
  run(order).then(
    (measured) => process.send?.({ measured }),
    (error: Error) => process.send?.({ problem: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(order: FormOrder): Promise<FormMeasured> {
  const clients = await Promise.all(order.bodies.map(() => open(order.port)));
  const bodies = [...order.bodies];
  const latencies: number[] = [];
  let failures = 0;
  let sample = '';
  const began = performance.now();
  const until = began + order.seconds * 1_000;
  await Promise.all(
    clients.map(async (client, n) => {
      while (performance.now() < until) {
        const since = performance.now();
        const { status, text } = await client.ask(requestOf(order, bodies[n] ?? ''));
        latencies.push(performance.now() - since);
        if (status !== 200) failures++;
        if (!sample || status !== 200) sample = text;
        if (order.renews && status === 200) bodies[n] = renewed(bodies[n] ?? '', order.renews, text);
      }
    }),
  );
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
    bodies,
  };
}

function renewed(body: string, field: string, answer: string): string {
  const form = new URLSearchParams(body);
  form.set(field, (JSON.parse(answer) as Record<string, string>)[field] ?? '');
  return form.toString();
}

function requestOf({ path, host, headers = {} }: FormOrder, body: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    'accept: application/json',
    ...Object.entries({ 'content-type': 'application/x-www-form-urlencoded', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

type Client = { socket: Socket; ask(request: string): Promise<{ status: number; text: string }> };

function open(port: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let pending = Promise.withResolvers<{ status: number; text: string }>();
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = readAnswer(received);
      if (!answer) return;
      received = Buffer.alloc(0);
      pending.resolve({ status: answer.status, text: answer.body() });
    });
    const fail = () => pending.reject(new Error(`the server on ${port} closed a connection`));
    socket.on('close', fail);
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        socket,
        ask(request) {
          pending = Promise.withResolvers();
          socket.write(request);
          return pending.promise;
        },
      }),
    );
    pending.promise.catch(() => {});
  });
}
