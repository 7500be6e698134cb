import { createTestDatabase } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Database, migratePlatform, openDatabase, openPostgresKeyValue } from '../src/index.ts';
import { keyValueContract } from './contract/key-value.ts';

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

keyValueContract('PostgreSQL', async () => openPostgresKeyValue(database));

it('cleans expired rows in batches, and keeps the others', async () => {
  await database.pool.query(
    `insert into platform.key_value (key, value, expires_at)
      select 'old' || n, '', now() - interval '1 s' from generate_series(1, 2500) n`,
  );
  const store = openPostgresKeyValue(database, { cleanEveryMs: 20 });
  await store.set('live', '1', { ttlSeconds: 60 });
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query(
      `select count(*)::int as count from platform.key_value where expires_at < now()`,
    );
    expect(rows[0].count).toBe(0);
  }, 5_000);
  await store.close();
  expect(await store.get('live')).toBe('1');
});
