import { connect } from 'node:net';
import { now } from './live.ts';

/** Clients of one subscription, in a process of their own. */
export type Listen = {
  port: number;
  tokens: string[];
  query: string;
  clients: number;
  webSockets: boolean;
};

/** To the parent: all have connected, or all have received an event. Latencies in milliseconds, from its publication. */
export type Heard = { connected: true } | { number: number; latencies: number[] };

const header = '\r\n\r\n';
const tick = /"number":(\d+),"publishedAt":([\d.]+)/g;
/** Longer than what the expression matches. */
const keep = 100;
const opening = 50;

process.on('message', (listen: Listen) => void start(listen));
process.on('disconnect', () => process.exit(0));

async function start({ clients, webSockets, ...given }: Listen): Promise<void> {
  const open = webSockets ? openSocket : openStream;
  const waiting = new Map<number, number[]>();
  const received = (number: number, publishedAt: number) => {
    const latencies = waiting.get(number) ?? [];
    waiting.set(number, latencies);
    if (latencies.push(now() - publishedAt) < clients) return;
    waiting.delete(number);
    process.send?.({ number, latencies } satisfies Heard);
  };
  // Not all at once: the queue of a listening socket is short.
  for (let n = 0; n < clients; n += opening) {
    const some = Array.from({ length: Math.min(opening, clients - n) }, (_, i) => {
      const token = given.tokens[(n + i) % given.tokens.length] as string;
      return open({ ...given, token }, received);
    });
    await Promise.all(some);
  }
  process.send?.({ connected: true } satisfies Heard);
}

type One = { port: number; token: string; query: string };
type Received = (number: number, publishedAt: number) => void;

/** Server-sent events on a raw socket. Open when the head of the answer is there. */
function openStream({ port, token, query }: One, received: Received): Promise<void> {
  const body = JSON.stringify({ query });
  const head = [
    'POST /graphql HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: text/event-stream',
    `authorization: Bearer ${token}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.once('error', (error) => end(error.message));
    socket.once('close', () => end('a stream was closed'));
    socket.write([...head, '', body].join('\r\n'));
    let text = '';
    let isOpen = false;
    socket.on('data', (chunk) => {
      text += chunk;
      if (!isOpen && text.includes(header)) {
        if (!text.startsWith('HTTP/1.1 200')) end(text.slice(0, 1_000));
        isOpen = true;
        resolve();
      }
      let read = 0;
      for (const match of text.matchAll(tick)) {
        received(Number(match[1]), Number(match[2]));
        read = match.index + match[0].length;
      }
      text = text.slice(Math.max(read, isOpen ? text.length - keep : 0));
    });
  });
}

/** The graphql-transport-ws protocol. Open when the subscription has been sent. */
function openSocket({ port, token, query }: One, received: Received): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    socket.onclose = ({ code, reason }) => end(`a socket was closed: ${code} ${reason}`);
    socket.onmessage = ({ data }) => {
      const text = String(data);
      for (const match of text.matchAll(tick)) received(Number(match[1]), Number(match[2]));
      if (!text.includes('connection_ack')) return;
      send({ id: '1', type: 'subscribe', payload: { query } });
      resolve();
    };
  });
}

function end(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
