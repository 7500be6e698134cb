import type { Logger } from '@gatehouse/service-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Reader } from '../database.ts';
import { openPool, type PoolOptions } from '../pool.ts';
import { askStandby, askWithinMs, openCheck } from './ask-server.ts';
import { breakable } from './breakable-pool.ts';
import type { WalPositions } from './wal-positions.ts';

export type Replica = {
  /** Host and port. */
  name: string;
  /** How old what it answers may be, in seconds; undefined while it is lost. */
  ageSeconds(): number | undefined;
  isNear(): boolean;
  /** What is asked here while the replica is found lost fails: a server that hangs would keep it for long. */
  db: Reader;
  /** Asks how far it is. `primary`: whose standby it has to be; undefined while that is not known. */
  check(positions: WalPositions, primary: string | undefined): Promise<void>;
  pool: pg.Pool;
  close(): Promise<void>;
};

/** A standby, as it is seen from here. Not near before it was checked. */
export function openReplica(options: PoolOptions, settings: { maxAgeMs: number; logger: Logger }): Replica {
  const { maxAgeMs, logger } = settings;
  const name = new URL(options.url).host;
  const reads = breakable(
    openPool(options, {
      options: `-c search_path="${options.schema}" -c TimeZone=UTC -c default_transaction_read_only=on`,
      connectionTimeoutMillis: askWithinMs,
      // A server that is stopped does not watch its own timeouts.
      query_timeout: (options.statementTimeoutMs ?? 30_000) + 1_000,
    }),
  );
  const connection = openCheck(options);
  let closed = false;
  let coveredAt: number | undefined;
  let told: 'near' | 'behind' | 'lost' | undefined;

  function tell(now: 'near' | 'behind' | 'lost', err?: unknown): void {
    if (told === now) return;
    if (now === 'near') logger[told ? 'warn' : 'info']({ replica: name }, 'a replica answers reads');
    else logger.warn({ replica: name, err }, `a replica is ${now}: the primary answers its reads`);
    told = now;
  }

  const isNear = () => coveredAt !== undefined && performance.now() - coveredAt <= maxAgeMs;

  return {
    name,
    pool: reads.pool,
    db: drizzle(reads.pool),
    isNear,
    ageSeconds: () => (coveredAt === undefined ? undefined : (performance.now() - coveredAt) / 1_000),
    async check(positions, primary) {
      if (primary === undefined) return;
      try {
        coveredAt = positions.coveredAt(await askStandby(connection, primary));
        tell(isNear() ? 'near' : 'behind');
      } catch (error) {
        coveredAt = undefined;
        if (!closed) tell('lost', error);
        reads.breakOff();
      }
    },
    async close() {
      closed = true;
      await Promise.all([reads.close(), connection.close()]);
    },
  };
}
