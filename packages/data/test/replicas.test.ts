import { spawnSync } from 'node:child_process';
import { createMetrics } from '@gatehouse/service-kit';
import { silentLogger, startTestPrimary, type TestPrimary, type TestServer } from '@gatehouse/testkit';
import { sql } from 'drizzle-orm';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import {
  type Database,
  migratePlatform,
  openDatabase,
  openPostgresKeyValue,
  openReplicatedDatabase,
  type Reader,
} from '../src/index.ts';

const note = pgTable('note', { n: integer('n').notNull() });
const numbers = async (db: Reader) => (await db.select().from(note)).map(({ n }) => n);
const isStandby = async (db: Reader) => {
  const [row] = await db
    .select({ standby: sql<boolean>`pg_is_in_recovery()` })
    .from(sql`(select) as nothing`);
  return row?.standby;
};

let primary: TestPrimary;
let standby: TestServer;
let platform: Database;
let keyValue: ReturnType<typeof openPostgresKeyValue>;
beforeAll(async () => {
  primary = await startTestPrimary();
  platform = openDatabase({
    url: primary.url(),
    schema: 'platform',
    poolSize: 2,
    applicationName: 'test platform',
  });
  await migratePlatform(platform);
  keyValue = openPostgresKeyValue(platform);
  await platform.pool.query('create table public.note (n int not null)');
  standby = await primary.startStandby();
});
afterAll(async () => {
  await keyValue?.close();
  await platform?.close();
  await standby?.stop();
  await primary?.stop();
});

async function open(maxAgeSeconds: number, { urls = [standby.url()], cache = keyValue } = {}) {
  const metrics = createMetrics();
  const warn = vi.fn();
  const logger = Object.assign(Object.create(silentLogger), { warn });
  const database = openReplicatedDatabase(
    { url: primary.url(), schema: 'public', poolSize: 3, applicationName: 'test replicas' },
    { urls, maxAgeSeconds, keyValue: cache, logger, metrics },
  );
  onTestFinished(() => database.close().catch(() => {}));
  const readBy = async (server: 'primary' | 'standby') =>
    vi.waitFor(
      async () => expect(await database.onReplica(null, isStandby)).toBe(server === 'standby'),
      15_000,
    );
  const told = async (name: string) =>
    (await metrics.read()).find((family) => family.name === name)?.values ?? [];
  return { database, readBy, told, warn };
}

async function onStandby(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: standby.adminUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

const write = (n: number) => platform.pool.query('insert into public.note (n) values ($1)', [n]);

it('a replica answers what may be old, and the primary who has written a moment ago', async () => {
  const { database, readBy, told } = await open(600);
  const { database: another } = await open(600);
  await readBy('standby');
  await onStandby('select pg_wal_replay_pause()');
  onTestFinished(() => onStandby('select pg_wal_replay_resume()'));
  await write(1);
  await another.noteWrite?.('tenant/ada');
  expect(await database.onReplica('tenant/bob', numbers)).toEqual([]);
  expect(await database.onReplica('tenant/ada', numbers)).toEqual([1]);
  // What is known to have to be there, is there.
  expect(await database.onReplica(null, numbers, (found) => found.includes(1))).toEqual([1]);
  // A replica that was not migrated yet.
  await platform.pool.query('create table public.later as select 3 as n');
  const later = (db: Reader) => db.select({ n: sql<number>`n` }).from(sql`public.later`);
  expect(await database.onReplica('tenant/bob', later)).toEqual([{ n: 3 }]);
  const reads = (await told('gatehouse_database_reads_total')).map(({ labels }) => labels);
  const server = new URL(standby.url()).host;
  expect(reads).toContainEqual({ pool: 'public', server, reason: '' });
  for (const reason of ['own_write', 'incomplete', 'failed']) {
    expect(reads).toContainEqual({ pool: 'public', server: 'primary', reason });
  }
});

it('a read can only read', async () => {
  expectTypeOf<keyof Reader>().toEqualTypeOf<'select' | 'selectDistinct' | 'selectDistinctOn'>();
  const { database, readBy } = await open(600);
  await readBy('standby');
  const locking = database.onReplica(null, (db) => db.select().from(note).for('update'));
  await expect(locking).rejects.toMatchObject({ cause: { code: '25006' } });
});

it('one that lags is not read from until it has caught up', async () => {
  const { database, readBy, told } = await open(2);
  await readBy('standby');
  await onStandby('select pg_wal_replay_pause()');
  await write(2);
  await readBy('primary');
  expect(await database.onReplica(null, numbers)).toContain(2);
  expect((await told('gatehouse_database_replica_in_use')).map(({ value }) => value)).toEqual([0]);
  await onStandby('select pg_wal_replay_resume()');
  await readBy('standby');
  expect(await database.onReplica(null, numbers)).toContain(2);
});

it('one that hangs, is killed and comes back fails no read', async () => {
  const { database, readBy } = await open(2);
  const another = await open(2);
  await another.readBy('standby');
  await readBy('standby');
  let running = true;
  let reads = 0;
  const reading = Promise.all(
    Array.from({ length: 3 }, async () => {
      for (; running; reads++) await database.onReplica(null, numbers);
    }),
  );
  const pid = await standby.pid();
  const processes = () => {
    const list = spawnSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n');
    const pairs = list.map((line) => line.trim().split(/\s+/).map(Number));
    return pairs.flatMap(([own = 0, parent]) => (own === pid || parent === pid ? [own] : []));
  };
  const stopped = processes();
  for (const one of stopped) process.kill(one, 'SIGSTOP');
  const before = reads;
  await vi.waitFor(() => expect(reads).toBeGreaterThan(before + 20), 15_000);
  await readBy('primary');
  // A process that ends meanwhile has five seconds for it.
  const closing = performance.now();
  await another.database.close();
  expect(performance.now() - closing).toBeLessThan(4_000);
  for (const one of stopped) process.kill(one, 'SIGCONT');
  await readBy('standby');
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await standby.pid()).not.toBe(pid), 15_000);
  await readBy('standby');
  running = false;
  await reading;
});

it('what is no standby of the database is not used', async () => {
  const { database, warn } = await open(600, {
    urls: [primary.url(), standby.url('postgres'), 'postgres://u@127.0.0.1:1/x'],
  });
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(3), 5_000);
  expect(warn.mock.calls.map(([{ err }]) => err.message)).toEqual(
    expect.arrayContaining(['it is no standby', 'it is a standby of another database']),
  );
  expect(await database.onReplica(null, isStandby)).toBe(false);
});

it('while nobody can note that they have written, the primary answers', async () => {
  let isFull = false;
  const set: typeof keyValue.set = async (...given) => {
    if (isFull) throw new Error('the disk is full');
    await keyValue.set(...given);
  };
  const { database, readBy } = await open(600, { cache: { ...keyValue, set } });
  await readBy('standby');
  isFull = true;
  await database.noteWrite?.('tenant/ada');
  expect(await database.onReplica('tenant/bob', isStandby)).toBe(false);
});
