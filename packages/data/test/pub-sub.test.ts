import { connect as connectTo, createServer, type Socket } from 'node:net';
import { createTestDatabase, silentLogger, type TestDatabase } from '@gatehouse/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openPostgresPubSub } from '../src/index.ts';
import { pubSubContract } from './contract/pub-sub.ts';

let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const open = async () => {
  const pubsub = openPostgresPubSub({ url: database.url, logger: silentLogger, heartbeatMs: 200 });
  await (await pubsub.subscribe('opened', () => {}))();
  return pubsub;
};

pubSubContract('PostgreSQL', open, async () => {
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
});

it('gives up a connection that is silently dead, and comes back', async () => {
  const target = new URL(database.url);
  const sockets: Socket[] = [];
  const proxy = createServer((socket) => {
    const upstream = connectTo(Number(target.port), target.hostname);
    sockets.push(socket);
    for (const end of [socket, upstream]) end.on('error', () => {});
    socket.pipe(upstream).pipe(socket);
    socket.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const url = new URL(database.url);
  url.searchParams.delete('host');
  url.port = String(typeof address === 'object' && address?.port);

  const pubsub = openPostgresPubSub({ url: url.href, logger: silentLogger, heartbeatMs: 100 });
  const states: boolean[] = [];
  pubsub.onConnectionChange((connected) => states.push(connected));
  await pubsub.subscribe('dead', () => {});
  // The peer is gone without a word: nothing is read or answered any more.
  for (const socket of sockets) socket.unpipe().pause();
  await vi.waitFor(() => expect(states).toEqual([false, true, false, true]), { timeout: 3_000 });
  await pubsub.close();
  proxy.close();
});

it('opens before the database is there, and waits for it', async () => {
  const url = new URL(database.url);
  url.searchParams.delete('host');
  url.port = '1';
  const pubsub = openPostgresPubSub({ url: url.href, logger: silentLogger });
  const subscribed = pubsub.subscribe('later', () => {});
  await expect(pubsub.publish('later', {})).rejects.toThrow();
  await pubsub.close();
  await subscribed;
});

it('closed while it connects, it ends without a word', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const { promise: asked, resolve } = Promise.withResolvers<Socket>();
  const silent = createServer(resolve);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const address = silent.address();
  const url = `postgres://u:p@127.0.0.1:${typeof address === 'object' && address?.port}/d`;
  const pubsub = openPostgresPubSub({ url, logger: silentLogger });
  const socket = await asked;
  await pubsub.close();
  socket.destroy();
  await new Promise((done) => setTimeout(done, 100));
  process.off('unhandledRejection', unhandled);
  silent.close();
  expect(unhandled).not.toHaveBeenCalled();
});
