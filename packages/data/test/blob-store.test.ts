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
  const piece = Buffer.alloc(64 * 1024, 'gatehouse');
  async function* source() {
    for (let n = 0; n < 200 * 16; n++) yield piece;
  }
  await store.write('warm-up', [piece] as unknown as AsyncIterable<Uint8Array>, { maxBytes: 1e9 });
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const { size } = await store.write('large', source(), { maxBytes: 1e9 });
  let read = 0;
  for await (const part of await store.read('large')) read += part.length;
  clearInterval(watch);
  await store.close();
  expect(size).toBe(200 * 1024 * 1024);
  expect(read).toBe(size);
  expect(peak - before).toBeLessThan(60 * 1024 * 1024);
});
