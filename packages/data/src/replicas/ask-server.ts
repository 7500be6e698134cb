import { openPool, type PoolOptions } from '../pool.ts';
import { type BreakablePool, breakable } from './breakable-pool.ts';

export const askWithinMs = 2_000;

/** A connection on which nothing else is asked: a pool that is used up does not make its server look lost. */
export const openCheck = (options: PoolOptions): BreakablePool =>
  breakable(
    openPool(
      { ...options, poolSize: 1, applicationName: `${options.applicationName} check` },
      { connectionTimeoutMillis: askWithinMs, query_timeout: askWithinMs },
    ),
  );

/** The cluster and the database in it, which a standby has in common with its primary. */
const identity = `(select system_identifier from pg_control_system())::text || '/' ||
  (select oid from pg_database where datname = current_database())::text as identity`;

export type PrimaryState = { identity: string; position: bigint };

/** Where the primary's write-ahead log is. */
export async function askPrimary({ pool }: BreakablePool): Promise<PrimaryState> {
  const { rows } = await pool.query<{ identity: string; position: string }>(
    `select ${identity}, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as position`,
  );
  return { identity: rows[0]?.identity ?? '', position: BigInt(rows[0]?.position ?? 0) };
}

/** How far a standby has replayed; an Error that says why it is none of this primary. */
export async function askStandby({ pool }: BreakablePool, primary: string): Promise<bigint> {
  const { rows } = await pool.query<{ identity: string; standby: boolean; replayed: string | null }>(
    `select ${identity}, pg_is_in_recovery() as standby,
       pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text as replayed`,
  );
  const [row] = rows;
  if (!row?.standby) throw new Error('it is no standby');
  if (row.identity !== primary) throw new Error('it is a standby of another database');
  if (row.replayed === null) throw new Error('it does not tell how far it has replayed');
  return BigInt(row.replayed);
}
