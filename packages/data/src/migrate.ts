import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '@gatehouse/service-kit';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator';
import type { Database } from './database.ts';
import { assertSchemaName } from './pool.ts';
import { databaseErrorOf } from './query-error.ts';

export type MigrateOptions = {
  /** The folder that drizzle-kit wrote. */
  folder: string;
  schema: string;
  /** The journal table, beside the tables it speaks of; two folders may share a schema under two names. */
  journal?: string;
};

/** One number for all of Gatehouse: migrations of all schemas wait for each other ("gate" in ASCII). */
const lockKey = 0x67617465;

/** How long a migration waits for a table that is in use, how long it then lets others pass, and how often it tries. */
const lockTimeoutMs = 1_000;
const letPassMs = 500;
const attempts = 120;
const lockNotAvailable = '55P03';

/**
 * Brings `schema` to what this code knows. Processes that start together wait for each other. A journal that holds
 * migrations unknown to this code is refused with a StartupError.
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<void> {
  const { folder, journal = 'migration' } = options;
  const schema = assertSchemaName(options.schema);
  const client = await database.pool.connect();
  try {
    const db = drizzle(client);
    await db.execute(sql`select pg_advisory_lock(${lockKey})`);
    await db.execute(sql`set statement_timeout = 0`);
    await db.execute(sql`create schema if not exists ${sql.identifier(schema)}`);
    await refuseNewerData(db, schema, journal, folder);
    // Who waits for a table keeps everybody behind it waiting as well, who only wants to read.
    await db.execute(sql.raw(`set lock_timeout = ${lockTimeoutMs}`));
    await untilUnlocked(() =>
      runMigrations(db, { migrationsFolder: folder, migrationsSchema: schema, migrationsTable: journal }),
    );
  } finally {
    // Ends the session, and with it the lock and the changed setting.
    client.release(true);
  }
}

/** All migrations are one transaction: of one that gave up, nothing is left. */
async function untilUnlocked(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (databaseErrorOf(error)?.code !== lockNotAvailable || attempt === attempts) throw error;
      await delay(letPassMs);
    }
  }
}

async function refuseNewerData(
  db: NodePgDatabase,
  schema: string,
  journal: string,
  folder: string,
): Promise<void> {
  const table = sql`${sql.identifier(schema)}.${sql.identifier(journal)}`;
  const exists = await db.execute(
    sql`select to_regclass(${`"${schema}"."${journal}"`}) is not null as exists`,
  );
  if (!exists.rows[0]?.exists) return;
  const known = new Set(readMigrationFiles({ migrationsFolder: folder }).map((migration) => migration.hash));
  const applied = await db.execute<{ hash: string }>(sql`select hash from ${table}`);
  const unknown = applied.rows.filter((row) => !known.has(row.hash)).length;
  if (unknown > 0) {
    throw new StartupError(
      `The data is from a newer version: schema "${schema}" holds ${unknown} migration(s) that this version does not know.`,
    );
  }
}
