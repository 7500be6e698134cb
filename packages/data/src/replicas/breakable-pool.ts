import type pg from 'pg';

export type BreakablePool = {
  pool: pg.Pool;
  /** Fails the queries under way at once, by closing their connections. */
  breakOff(): void;
  close(): Promise<void>;
};

/** A pool whose server may hang, and keep queries and whoever closes the pool waiting. */
export function breakable(pool: pg.Pool): BreakablePool {
  const inUse = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  const breakOff = () => {
    // `end` of a client that has a query under way waits for nothing.
    for (const client of inUse) (client as pg.Client & pg.PoolClient).end().catch(() => {});
  };
  return {
    pool,
    breakOff,
    close() {
      breakOff();
      return pool.end();
    },
  };
}
