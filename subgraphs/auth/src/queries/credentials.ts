import type { Executor } from '@gatehouse/data';
import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import { type Credential, credential, preparedPassword } from '../tables/credential.ts';
import { statement } from './statement.ts';

export async function findCredentials(
  db: Executor,
  tenantId: string,
  userIds: readonly string[],
): Promise<Credential[]> {
  return db
    .select()
    .from(credential)
    .where(and(eq(credential.tenantId, tenantId), inArray(credential.userId, [...userIds])));
}

/** $1 tenant, $2 user; both may be null, which finds nothing with the same work. */
export const findPasswordHash = statement<{ password_hash: string; locked: boolean }>(
  'credential_find_hash',
  `select password_hash, coalesce(locked_until > now(), false) as locked from auth.credential
   where tenant_id = $1::uuid and user_id = $2::uuid`,
);

/**
 * Counts a failed sign-in and locks the account at the limit. Failures older than the lock's length are forgotten; while
 * locked nothing is counted. $1 tenant, $2 user, $3 limit, $4 lock in seconds.
 */
export const countFailure = statement<{ failed_attempts: number; locked_until: string | null }>(
  'credential_count_failure',
  `update auth.credential set
     failed_attempts = case when last_failed_at > now() - make_interval(secs => $4::float8)
       and (locked_until is null or last_failed_at > locked_until) then failed_attempts + 1 else 1 end,
     locked_until = case when (case when last_failed_at > now() - make_interval(secs => $4::float8)
       and (locked_until is null or last_failed_at > locked_until) then failed_attempts + 1 else 1 end) >= $3::int
       then now() + make_interval(secs => $4::float8) else locked_until end,
     last_failed_at = now()
   where tenant_id = $1::uuid and user_id = $2::uuid and (locked_until is null or locked_until <= now())
   returning failed_attempts,
     case when locked_until > now() then to_char(locked_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end
       as locked_until`,
);

/**
 * Takes a right password as a sign-in, unless the account is locked or the password has changed meanwhile: with
 * `countFailure` this puts parallel attempts in line. $1 tenant, $2 user, $3 the hash that was compared.
 */
export const acceptPassword = statement<{ user_id: string }>(
  'credential_accept',
  `update auth.credential set failed_attempts = 0, last_failed_at = null, locked_until = null
   where tenant_id = $1::uuid and user_id = $2::uuid and password_hash = $3
     and (locked_until is null or locked_until <= now()) returning user_id`,
);

/** $1 tenant, $2 user. */
export const recordLastLogin = statement(
  'credential_last_login',
  'update auth.credential set last_login_at = now() where tenant_id = $1::uuid and user_id = $2::uuid',
);

/**
 * Puts in line whatever decides about an account's sign-in, factors and sessions; taken before any other row of it, so that
 * nobody waits in a circle. $1 tenant, $2 user.
 */
export const lockCredential = statement<{ user_id: string }>(
  'credential_lock',
  'select user_id from auth.credential where tenant_id = $1::uuid and user_id = $2::uuid for no key update',
);

/** Sets a password, new or in place of the old one, and lifts a lock. */
export async function setPassword(
  tx: Executor,
  values: { tenantId: string; userId: string; passwordHash: string },
): Promise<void> {
  const fresh = {
    passwordHash: values.passwordHash,
    changedAt: sql`now()`,
    failedAttempts: 0,
    lastFailedAt: null,
    lockedUntil: null,
  };
  await tx
    .insert(credential)
    .values({ ...values })
    .onConflictDoUpdate({ target: credential.userId, set: fresh });
}

/** Sets a first password; one that is there stays. */
export async function setFirstPassword(
  tx: Executor,
  values: { tenantId: string; userId: string; passwordHash: string },
): Promise<void> {
  await tx.insert(credential).values(values).onConflictDoNothing();
}

/** Replaces exactly the hash that was compared; false when it has changed meanwhile. */
export async function replacePassword(
  tx: Executor,
  values: { userId: string; oldHash: string; newHash: string; rehash?: boolean },
): Promise<boolean> {
  const rows = await tx
    .update(credential)
    .set({
      passwordHash: values.newHash,
      ...(values.rehash
        ? {}
        : { changedAt: sql`now()`, failedAttempts: 0, lastFailedAt: null, lockedUntil: null }),
    })
    .where(and(eq(credential.userId, values.userId), eq(credential.passwordHash, values.oldHash)))
    .returning({ userId: credential.userId });
  return rows.length === 1;
}

/** Lifts the lock and forgets failures; whether the account was locked. */
export async function unlock(tx: Executor, tenantId: string, userId: string): Promise<boolean> {
  const rows = await tx
    .update(credential)
    .set({ failedAttempts: 0, lastFailedAt: null, lockedUntil: null })
    .where(
      and(
        eq(credential.tenantId, tenantId),
        eq(credential.userId, userId),
        gt(credential.lockedUntil, sql`now()`),
      ),
    )
    .returning({ userId: credential.userId });
  return rows.length === 1;
}

export async function insertPreparedPassword(
  db: Executor,
  values: { id: string; passwordHash: string; expiresAt: Date },
): Promise<void> {
  await db.insert(preparedPassword).values(values);
}

/** Takes a prepared hash away; undefined when there is none or its time is over. */
export async function takePreparedPassword(tx: Executor, id: string): Promise<string | undefined> {
  const [row] = await tx
    .delete(preparedPassword)
    .where(and(eq(preparedPassword.id, id), gt(preparedPassword.expiresAt, sql`now()`)))
    .returning({ passwordHash: preparedPassword.passwordHash });
  return row?.passwordHash;
}

export async function deleteExpiredPreparedPasswords(db: Executor): Promise<void> {
  await db.delete(preparedPassword).where(lte(preparedPassword.expiresAt, sql`now()`));
}
