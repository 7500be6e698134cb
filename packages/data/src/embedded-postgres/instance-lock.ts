import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

/** "gatehous" in ASCII, as one 64-bit number. */
const lockKey = '7449363237540164979';
const prefix = 'gatehouse instance ';

export type LockAttempt = { held: true } | { held: false; owner: string | undefined };

/**
 * One instance per data folder: a session lock on this connection, which the server gives back when the connection
 * or our process ends, however it ends. The process number is found in the connection's application name.
 */
export const instanceName = `${prefix}${process.pid}`;

export async function tryInstanceLock(client: pg.Client, patienceMs: number): Promise<LockAttempt> {
  // A predecessor that was just killed is noticed by the server within a moment.
  for (const end = Date.now() + patienceMs; ; await delay(25)) {
    const { rows } = await client.query('select pg_try_advisory_lock($1::bigint) as held', [lockKey]);
    if (rows[0]?.held) return { held: true };
    if (Date.now() >= end) return { held: false, owner: await lockOwner(client) };
  }
}

async function lockOwner(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and granted and application_name like $1`,
    [`${prefix}%`],
  );
  return rows[0]?.name.slice(prefix.length);
}
