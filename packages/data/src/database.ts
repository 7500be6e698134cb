import { StartupError } from '@gatehouse/service-kit';
import { drizzle, type NodePgDatabase, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { describeConnectionError, describeTarget } from './connection-error.ts';
import { marksOf } from './on-commit.ts';
import { openPool, type PoolOptions } from './pool.ts';

export type Db = NodePgDatabase;
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** What a query needs: the database, or the transaction it must be part of. */
export type Executor = PgDatabase<NodePgQueryResultHKT>;
/** What a read needs: it selects, and can do nothing else. */
export type Reader = Pick<Executor, 'select' | 'selectDistinct' | 'selectDistinctOn'>;

export type DatabaseOptions = PoolOptions;

export type Database = {
  pool: pg.Pool;
  db: Db;
  schema: string;
  url: string;
  /** Runs `fn` in one transaction; whatever it throws rolls back and is thrown as it was. */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs a read whose answer may be some seconds old: on a replica, where there is one that is near enough, else on the primary as any
   * read. It may be run twice. Not for what decides about a token, a session, a code or a permission.
   *
   * `caller` sees what they have written (`noteWrite`); null when that is nobody. `isEnough` says of what a replica answered whether it
   * will do, where it is known what must be in it.
   */
  onReplica<T>(
    caller: string | null,
    read: (db: Reader) => Promise<T>,
    isEnough?: (answer: T, db: Reader) => boolean | Promise<boolean>,
  ): Promise<T>;
  /** Has `onReplica` show the caller what they have written by now. Undefined without replicas. */
  noteWrite?: (caller: string) => Promise<void>;
  /** Calls back after the commit of each transaction that was marked with this topic (see `markTransaction`). */
  onCommit(topic: string, listener: () => void): () => void;
  /** Throws a StartupError of one line when the database can't be reached. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** Opens a pool whose connections have `schema` as search_path. Connects lazily: call `check` at boot. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options);
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
    onReplica: (_caller, read) => read(db),
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
