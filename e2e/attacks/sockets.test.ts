import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { anyone, gatehouse, registerAndConfirm } from '../gatehouse.ts';

const address = `${gatehouse.url.replace('http', 'ws')}/graphql`;

/** The code a socket is closed with after saying this. */
async function closedAfter(...messages: (string | Buffer)[]): Promise<number> {
  const socket = new WebSocket(address, 'graphql-transport-ws');
  socket.on('error', () => {});
  await once(socket, 'open');
  for (const message of messages) socket.send(message);
  const [code] = await once(socket, 'close');
  return code as number;
}

const init = JSON.stringify({ type: 'connection_init' });
const subscribe = (id: string) =>
  JSON.stringify({ id, type: 'subscribe', payload: { query: 'subscription { securityEvents { id } }' } });

test('a socket that breaks the protocol is closed', async () => {
  expect(await closedAfter('not JSON')).toBe(4400);
  expect(await closedAfter(JSON.stringify({ type: 'nonsense' }))).toBe(4400);
  expect(await closedAfter(subscribe('1'))).toBe(4401);
  expect(await closedAfter(init, init)).toBe(4429);
  expect(await closedAfter(Buffer.alloc(4_000_000, 'x'))).toBeOneOf([1009, 4400]);
});

test('a socket without a token, or with a forged one, sees nothing', async () => {
  for (const client of [anyone, anyone.as('a.b.c')]) {
    const stream = client.subscribe('subscription { securityEvents { id } }');
    expect(await stream.ended()).toBeOneOf(['UNAUTHENTICATED', '4401', '4403']);
  }
});

test('a query over a socket is bound by the same rules', async () => {
  const ada = await registerAndConfirm();
  expect(await ada.client.subscribe('{ users(first: 1) { nodes { id } } }').ended()).toBeOneOf([
    'FORBIDDEN',
    'BAD_REQUEST',
    '4400',
  ]);
  const deep = `subscription { securityEvents { user { roles { ${'inherits { '.repeat(60)}id${' }'.repeat(60)} } } } }`;
  expect(await ada.client.subscribe(deep).ended()).toBe('OPERATION_TOO_COMPLEX');
});

test('a socket from another site is refused', async () => {
  const socket = new WebSocket(address, 'graphql-transport-ws', { origin: 'https://evil.example' });
  const outcome = await Promise.race([
    once(socket, 'error').then(() => 'refused'),
    once(socket, 'open').then(() => 'open'),
  ]);
  socket.terminate();
  // A token is never sent by the browser itself, so an open socket gives nothing away; nothing may come of it either.
  if (outcome === 'open') {
    const stream = anyone.subscribe('subscription { notificationReceived { id } }');
    expect(await stream.ended()).toBe('UNAUTHENTICATED');
  }
});
