import type { Executor } from '@gatehouse/data';
import { and, eq, gt, sql } from 'drizzle-orm';
import { mfaGuard } from '../tables/mfa-guard.ts';
import { statement } from './statement.ts';

const isRecent = 'greatest(g.last_failed_at, g.locked_until) > now() - make_interval(secs => $5::float8)';
const failures = `case when ${isRecent} and (g.locked_until is null or g.last_failed_at > g.locked_until)
  then g.failed_attempts + 1 else 1 end`;
const lockouts = `case when ${isRecent} then g.lockouts else 0 end`;

/**
 * Counts an attempt before anybody looks at its code, and locks the account's codes at the limit, each time twice as long; no
 * row while they are locked. Its row lock puts parallel attempts in line. Whoever turns out to be right forgets the count, and
 * the lock that this very attempt may have made. $1 tenant, $2 user, $3 limit, $4 first lock and $5 longest in seconds.
 */
export const takeAttempt = statement<{ locked_until: string | null }>(
  'mfa_guard_take',
  `insert into auth.mfa_guard as g (tenant_id, user_id, failed_attempts, last_failed_at, locked_until, lockouts)
   values ($1::uuid, $2::uuid, 1, now(), case when $3::int <= 1 then now() + make_interval(secs => $4::float8) end,
     case when $3::int <= 1 then 1 else 0 end)
   on conflict (user_id) do update set
     failed_attempts = ${failures},
     locked_until = case when (${failures}) >= $3::int
       then now() + make_interval(secs => least($5::float8, $4::float8 * power(2, least(${lockouts}, 30)))) end,
     lockouts = case when (${failures}) >= $3::int then ${lockouts} + 1 else ${lockouts} end,
     last_failed_at = now()
   where g.locked_until is null or g.locked_until <= now()
   returning case when locked_until > now()
     then to_char(locked_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as locked_until`,
);

/** Forgets wrong codes and lifts the lock. */
export async function clearAttempts(tx: Executor, userId: string): Promise<void> {
  await tx.delete(mfaGuard).where(eq(mfaGuard.userId, userId));
}

export async function isGuardLocked(db: Executor, userId: string): Promise<boolean> {
  const rows = await db
    .select({ userId: mfaGuard.userId })
    .from(mfaGuard)
    .where(and(eq(mfaGuard.userId, userId), gt(mfaGuard.lockedUntil, sql`now()`)));
  return rows.length === 1;
}
