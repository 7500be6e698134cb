import pg from 'pg';
import type { Executor } from './database.ts';

/** Rows as node-postgres reads them, except times: those are text, as everywhere beside drizzle's own columns. */
type Row = Record<string, unknown>;

const { builtins } = pg.types;
const times = new Set<number>([builtins.TIMESTAMPTZ, builtins.TIMESTAMP, builtins.DATE, builtins.INTERVAL]);
const asText = (text: string) => text;
const types = {
  getTypeParser: (type: number, format: 'text' | 'binary') =>
    times.has(type) ? asText : pg.types.getTypeParser(type, format as 'text'),
} as pg.CustomTypesConfig;

/**
 * A named statement with `$1` parameters, on the connection of a transaction or of the pool: each connection plans it
 * once, and nothing is built per call.
 */
export function prepared<R extends Row>(name: string, text: string) {
  const query = { name, text, types };
  return async (executor: Executor, values: unknown[]): Promise<R[]> => {
    const { client } = executor._.session as unknown as { client: Pick<pg.Pool, 'query'> };
    return (await client.query<R>({ ...query, values })).rows;
  };
}
