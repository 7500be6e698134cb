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

it('lets the release before read and write while it waits for a table', async () => {
  const [database, other] = databases as [Database, Database];
  const { folder, add, remove } = await laterReleases('nothing');
  await other.pool.query('create schema busy');
  await add('0001_first', 'create table busy.thing (id int primary key, name text)');
  await migrate(database, { folder, schema: 'busy' });
  await add('0002_second', `alter table busy.thing add column note text not null default ''`);

  const reader = await other.pool.connect();
  await reader.query('begin');
  await reader.query('select from busy.thing');
  let done = false;
  const migrating = migrate(database, { folder, schema: 'busy' }).then(() => {
    done = true;
  });
  const waits: number[] = [];
  for (const end = Date.now() + 3_000; Date.now() < end; ) {
    const began = Date.now();
    await other.pool.query('insert into busy.thing (id) select coalesce(max(id), 0) + 1 from busy.thing');
    waits.push(Date.now() - began);
  }
  expect(done).toBe(false);
  await reader.query('rollback');
  reader.release();
  await migrating;
  expect(Math.max(...waits)).toBeLessThan(2_500);
  expect(waits.length).toBeGreaterThan(20);
  // As the release before writes: it knows nothing of the column.
  await other.pool.query('insert into busy.thing (id) select max(id) + 1 from busy.thing');
  await remove();
});

/** A copy of the platform's migrations, or of none, to which those of later releases can be added. */
async function laterReleases(after: 'platform' | 'nothing' = 'platform') {
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-migrations-'));
  await cp(new URL('../migrations', import.meta.url), folder, { recursive: true });
  const journalFile = path.join(folder, 'meta/_journal.json');
  const platform = JSON.parse(await readFile(journalFile, 'utf8'));
  const entries = after === 'platform' ? [...platform.entries] : [];
  return {
    folder,
    async add(tag: string, text: string) {
      const idx = entries.length;
      entries.push({ ...platform.entries[0], idx, when: platform.entries[0].when + 1 + idx, tag });
      await writeFile(journalFile, JSON.stringify({ ...platform, entries }));
      await writeFile(path.join(folder, `${tag}.sql`), text);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

it('starts beside what a later release added, and beside a contract whose expand it knows; never beside another', async () => {
  const [database] = databases as [Database];
  const [next, afterNext] = [await laterReleases(), await laterReleases()];
  for (const release of [next, afterNext])
    await release.add('0001_expand', 'alter table platform.blob add column later text');
  await afterNext.add('0002_contract', '-- contract of 0001_expand: nobody reads it\nselect 1');
  const migrateBy = ({ folder }: { folder: string }) => migrate(database, { folder, schema: 'platform' });

  await migrateBy(next);
  await migratePlatform(database);
  await migrateBy(afterNext);
  await migrateBy(next);
  await expect(migratePlatform(database)).rejects.toThrow(/from a newer version: schema "platform" holds 1/);
  expect(await applied()).toHaveLength(3);
  // A release that noted nothing.
  await database.pool.query('delete from platform.migration_note');
  await expect(migrateBy(next)).rejects.toThrow(/holds 1/);
  expect(await applied()).toHaveLength(3);
  await Promise.all([next.remove(), afterNext.remove()]);
});
