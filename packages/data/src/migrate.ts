import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator';
import type { Database } from './database.ts';
import { agreeOnMigrations } from './known-migrations.ts';
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
 * Brings `schema` to what this code knows. Processes that start together wait for each other. A process of an earlier release starts
 * beside migrations that only add, or take away what it no longer needs; any other journal is refused with a StartupError.
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
    await agreeOnMigrations(db, { folder, schema, journal });
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
