import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
  await vi.waitFor(async () => expect(await count('blob_chunk')).toBe(chunksBefore + 1), 5_000);
  await store.close();
  const { rows } = await database.pool.query('select id from platform.blob where completed_at is null');
  expect(rows).toEqual([{ id: '019a0000-0000-7000-8000-000000000002' }]);
});

it('streams 200 MB in and out in constant memory', { timeout: 60_000 }, async () => {
  const program = fileURLToPath(new URL('stream-large-blob.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, database.url]);
  expect(Number(stdout)).toBeLessThan(60 * 1024 * 1024);
});
