import type { Executor } from '@gatehouse/data';

/** Rows as node-postgres reads them, except times: those are text, so statements answer times as epoch milliseconds. */
type Row = Record<string, unknown>;

/**
 * A named statement with `$1` parameters: each connection plans it once, and nothing is built per call. For the paths of
 * the token core, which run many times a second; the rest uses drizzle's builder.
 */
export const statement =
  <R extends Row>(name: string, text: string) =>
  async (executor: Executor, values: unknown[]): Promise<R[]> => {
    const prepared = executor._.session.prepareQuery(
      { sql: text, params: values },
      undefined,
      `auth_${name}`,
      false,
    );
    const result = (await prepared.execute()) as { rows: R[] };
    return result.rows;
  };
