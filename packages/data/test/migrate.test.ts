import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, migrate, migratePlatform, openDatabase } from '../src/index.ts';

let test: TestDatabase;
let databases: Database[];

beforeAll(async () => {
  test = await createTestDatabase();
  databases = Array.from({ length: 6 }, () =>
    openDatabase({ url: test.url, schema: 'platform', poolSize: 2, applicationName: 'test' }),
  );
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await test.drop();
});

const applied = async () =>
  (await databases[0]?.pool.query('select hash from platform.migration order by id'))?.rows;

it('is run by several processes at once, once', async () => {
  await Promise.all(databases.map(migratePlatform));
  const first = await applied();
  expect(first).toHaveLength(1);
  await Promise.all(databases.map(migratePlatform));
  expect(await applied()).toEqual(first);
});

it('refuses data of a newer version, and leaves them as they are', async () => {
  const [database] = databases as [Database];
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-migrations-'));
  await cp(new URL('../migrations', import.meta.url), folder, { recursive: true });
  const journalFile = path.join(folder, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(journalFile, 'utf8'));
  journal.entries.push({ ...journal.entries[0], idx: 1, when: Date.now(), tag: '0001_next' });
  await writeFile(journalFile, JSON.stringify(journal));
  await writeFile(path.join(folder, '0001_next.sql'), 'create table platform.next_thing (id int)');

  await migrate(database, { folder, schema: 'platform' });
  await rm(folder, { recursive: true });
  expect(await applied()).toHaveLength(2);
  await expect(migratePlatform(database)).rejects.toThrow(/from a newer version: schema "platform" holds 1/);
  expect(await applied()).toHaveLength(2);
});
