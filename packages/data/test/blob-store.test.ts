import { createTestDatabase } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Database, migratePlatform, openDatabase, openPostgresBlobStore } from '../src/index.ts';
import { blobStoreContract } from './contract/blob-store.ts';

let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const test = await createTestDatabase();
  drop = test.drop;
  database = openDatabase({ url: test.url, schema: 'platform', poolSize: 10, applicationName: 'test' });
  await migratePlatform(database);
});
afterAll(async () => {
  await database.close();
  await drop();
});

const count = async (table: string) =>
  (await database.pool.query(`select count(*)::int as count from platform.${table}`)).rows[0].count;

blobStoreContract(
  'PostgreSQL',
  async () => openPostgresBlobStore(database),
  () => count('blob'),
);

it('sweeps what a killed process left, and not what is being written', async () => {
  const chunksBefore = await count('blob_chunk');
  for (const [id, age] of [
    ['019a0000-0000-7000-8000-000000000001', '1 hour'],
    ['019a0000-0000-7000-8000-000000000002', '1 minute'],
  ]) {
    await database.pool.query(
      'insert into platform.blob (id, name, touched_at) values ($1::uuid, $1, now() - $2::interval)',
      [id, age],
    );
    await database.pool.query('insert into platform.blob_chunk values ($1, 0, $2)', [id, Buffer.alloc(10)]);
  }
  const store = openPostgresBlobStore(database, { sweepEveryMs: 20 });
  await vi.waitFor(async () => expect(await count('blob_chunk')).toBe(chunksBefore + 1));
  await store.close();
  const { rows } = await database.pool.query('select id from platform.blob where completed_at is null');
  expect(rows).toEqual([{ id: '019a0000-0000-7000-8000-000000000002' }]);
});

it('streams 200 MB in and out in constant memory', { timeout: 60_000 }, async () => {
  const store = openPostgresBlobStore(database);
  const megabyte = 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, 'gatehouse');
  async function* source(megabytes: number) {
    for (let n = 0; n < megabytes * 16; n++) yield piece;
  }
  async function readAll(id: string) {
    let bytes = 0;
    for await (const part of await store.read(id)) bytes += part.length;
    return bytes;
  }
  // The collector lets about 64 MB of buffers pile up before it looks at them for the first time.
  await store.write('warm-up', source(70), { maxBytes: 1e9 });
  await readAll('warm-up');

  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  expect((await store.write('large', source(200), { maxBytes: 1e9 })).size).toBe(200 * megabyte);
  expect(await readAll('large')).toBe(200 * megabyte);
  clearInterval(watch);
  await store.close();
  expect(peak - before).toBeLessThan(60 * megabyte);
});
