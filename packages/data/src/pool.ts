import pg from 'pg';

export type PoolOptions = {
  url: string;
  /** The PostgreSQL schema that unqualified names belong to. */
  schema: string;
  poolSize: number;
  applicationName: string;
  /** How long one statement may run; 30 s unless told. */
  statementTimeoutMs?: number;
};

/** Connections that have `schema` as search_path, opened when they are needed. `more` is what else one is opened with. */
export function openPool(options: PoolOptions, more: pg.PoolConfig = {}): pg.Pool {
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
    ...more,
  });
  // A broken connection is dropped by the pool and fails the query that runs on it; without these listeners
  // the event alone would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Schema names are written into statements, so only plain lower-case identifiers are let through. */
export function assertSchemaName(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`"${schema}" is no plain schema name`);
  return schema;
}
