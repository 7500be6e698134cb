import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { openDatabase } from '@gatehouse/data';
import { createTestDatabase, silentLogger } from '@gatehouse/testkit';
import { expect, test } from 'vitest';
import { migrateAll } from '../src/index.ts';

const root = resolve(import.meta.dirname, '../..');

/** What a schema consists of, as PostgreSQL itself describes it. */
const description = `
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
    || coalesce(column_default, '') as line
    from information_schema.columns where table_schema = $1
  union all
  select 'index ' || indexdef from pg_indexes where schemaname = $1
  union all
  select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = $1::regnamespace
  order by line`;

async function describeSchema(url: string, schema: string): Promise<string[]> {
  const database = openDatabase({ url, schema, poolSize: 1, applicationName: 'test' });
  try {
    const { rows } = await database.pool.query<{ line: string }>(description, [schema]);
    return rows.map(({ line }) => line).filter((line) => !/\bmigration(_|\b)/.test(line));
  } finally {
    await database.close();
  }
}

test.each(['user', 'auth', 'storage', 'notification'])(
  'the migrated tables of %s are the tables of its code',
  async (name) => {
    const [migrated, fresh] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      await migrateAll({ databaseUrl: migrated.url, logger: silentLogger });
      const tool = resolve(root, 'node_modules/drizzle-kit/bin.cjs');
      const statements = execFileSync(process.execPath, [tool, 'export'], {
        cwd: resolve(root, 'subgraphs', name),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const database = openDatabase({ url: fresh.url, schema: name, poolSize: 1, applicationName: 'test' });
      await database.pool
        .query(statements.slice(statements.indexOf('CREATE SCHEMA')))
        .finally(database.close);
      const expected = await describeSchema(fresh.url, name);
      expect(expected.length).toBeGreaterThan(10);
      expect(await describeSchema(migrated.url, name)).toEqual(expected);
    } finally {
      await Promise.all([migrated.drop(), fresh.drop()]);
    }
  },
);
