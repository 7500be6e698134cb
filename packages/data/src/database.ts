import { StartupError } from '@gatehouse/service-kit';
import { drizzle, type NodePgDatabase, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { describeConnectionError, describeTarget } from './connection-error.ts';
import { marksOf } from './on-commit.ts';

export type Db = NodePgDatabase;
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** What a query needs: the database, or the transaction it must be part of. */
export type Executor = PgDatabase<NodePgQueryResultHKT>;

export type DatabaseOptions = {
  url: string;
  /** The PostgreSQL schema that unqualified names belong to. */
  schema: string;
  poolSize: number;
  applicationName: string;
  /** How long one statement may run; 30 s unless told. */
  statementTimeoutMs?: number;
};

export type Database = {
  pool: pg.Pool;
  db: Db;
  schema: string;
  url: string;
  /** Runs `fn` in one transaction; whatever it throws rolls back and is thrown as it was. */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Calls back after the commit of each transaction that was marked with this topic (see `markTransaction`). */
  onCommit(topic: string, listener: () => void): () => void;
  /** Throws a StartupError of one line when the database can't be reached. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** Opens a pool whose connections have `schema` as search_path. Connects lazily: call `check` at boot. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    options: `-c search_path="${assertSchemaName(options.schema)}" -c TimeZone=UTC`,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  // A broken connection is dropped by the pool and fails the query that runs on it; without these listeners
  // the event alone would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const db = drizzle(pool);
  const listeners = new Map<string, Set<() => void>>();

  async function transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    let marks: ReadonlySet<string> = new Set();
    let failure: { error: unknown } | undefined;
    let result: T;
    try {
      result = await db.transaction(async (tx) => {
        marks = marksOf(tx);
        try {
          return await fn(tx);
        } catch (error) {
          failure = { error };
          throw error;
        }
      });
    } catch (error) {
      // When the connection is gone the rollback fails too: its error must not hide the first one.
      throw failure ? failure.error : error;
    }
    for (const mark of marks) for (const listener of listeners.get(mark) ?? []) listener();
    return result;
  }

  return {
    pool,
    db,
    schema: options.schema,
    url: options.url,
    transaction,
    onCommit(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => set.delete(listener);
    },
    async check() {
      try {
        await pool.query('select 1');
      } catch (error) {
        throw new StartupError(
          `The database ${describeTarget(options.url)} can't be used: ${describeConnectionError(error)}`,
        );
      }
    },
    close: () => pool.end(),
  };
}

/** Schema names are written into statements, so only plain lower-case identifiers are let through. */
export function assertSchemaName(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`"${schema}" is no plain schema name`);
  return schema;
}
