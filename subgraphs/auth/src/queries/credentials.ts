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
export const findPasswordHash = statement<{ password_hash: string }>(
  'credential_find_hash',
  `select password_hash from auth.credential
   where tenant_id = $1::uuid and user_id = $2::uuid and password_hash is not null`,
);

/**
 * What an attempt to sign in is held against. `familiar`: it comes from a network that the account has signed in from within
 * $5 seconds, or shows a device that is remembered. $1 tenant, $2 user (both may be null), $3 network, $4 hash of the device's
 * token. `failures`: attempts since the last sign-in or lock.
 */
export const findAttempted = statement<{ password_hash: string; familiar: boolean; failures: number }>(
  'credential_find_attempted',
  `select c.password_hash,
     exists (select from auth.sign_in_place p where p.user_id = c.user_id and p.network = $3
       and p.last_seen_at > now() - make_interval(secs => $5::float8))
     or exists (select from auth.remembered_device d where d.user_id = c.user_id and d.token_hash = $4
       and d.expires_at > now()) as familiar,
     failed_attempts + familiar_failed_attempts as failures
   from auth.credential c where c.tenant_id = $1::uuid and c.user_id = $2::uuid
     and c.password_hash is not null`,
);

/** Attempts of strangers, and those from familiar places, are counted apart. */
const prefixOf = (familiar: boolean) => (familiar ? 'familiar_' : '');

/** How the columns of a lock go on after a failure; $3 limit, $4 first lock, $5 longest lock. In SQL. */
function lockSql(familiar: boolean) {
  const p = prefixOf(familiar);
  // Whoever waits out the longest lock begins anew: nothing is gained by it over guessing on.
  const isRecent = `greatest(${p}last_failed_at, ${p}locked_until) > now() - make_interval(secs => $5::float8)`;
  const failures = `case when ${isRecent} and (${p}locked_until is null or ${p}last_failed_at > ${p}locked_until)
    then ${p}failed_attempts + 1 else 1 end`;
  const lockouts = `case when ${isRecent} then ${p}lockouts else 0 end`;
  const length = `make_interval(secs => least($5::float8, $4::float8 * power(2, least(${lockouts}, 30))))`;
  return { p, failures, lockouts, length };
}

const countFailureOf = (familiar: boolean) => {
  const { p, failures, lockouts, length } = lockSql(familiar);
  const locks = `(${failures}) >= $3::int`;
  return statement<{ locked_until: string | null }>(
    `credential_count_${p}failure`,
    `update auth.credential set
       ${p}failed_attempts = ${failures},
       ${p}locked_until = case when ${locks} then now() + ${length} else ${p}locked_until end,
       ${p}lockouts = case when ${locks} then ${lockouts} + 1 else ${lockouts} end,
       ${p}last_failed_at = now()
     where tenant_id = $1::uuid and user_id = $2::uuid and (${p}locked_until is null or ${p}locked_until <= now())
     returning case when ${p}locked_until > now()
       then to_char(${p}locked_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as locked_until`,
  );
};

const acceptPasswordOf = (familiar: boolean) => {
  const p = prefixOf(familiar);
  return statement<{ user_id: string }>(
    `credential_accept_${p}password`,
    `update auth.credential
     set ${p}failed_attempts = 0, ${p}last_failed_at = null, ${p}locked_until = null, ${p}lockouts = 0
     where tenant_id = $1::uuid and user_id = $2::uuid and password_hash = $3
       and (${p}locked_until is null or ${p}locked_until <= now()) returning user_id`,
  );
};

const byFamiliarity = <T>(of: (familiar: boolean) => T) => ({ strangers: of(false), familiar: of(true) });

/**
 * Counts a failed sign-in and locks the account at the limit, each time twice as long. While locked nothing is counted; what
 * lies back further than the longest lock is forgotten. $1 tenant, $2 user, $3 limit, $4 first lock and $5 longest in seconds.
 */
export const countFailure = byFamiliarity(countFailureOf);

/**
 * Takes a right password as a sign-in, unless the account is locked or the password has changed meanwhile: with
 * `countFailure` this puts parallel attempts in line. $1 tenant, $2 user, $3 the hash that was compared.
 */
export const acceptPassword = byFamiliarity(acceptPasswordOf);

/**
 * Takes back, in the same transaction, that a right password forgot the failures: its sign-in was refused. $1 tenant, $2 user,
 * $3 how many there were.
 */
export const keepFailures = byFamiliarity((familiar) => {
  const p = prefixOf(familiar);
  return statement<{ user_id: string }>(
    `credential_keep_${p}failures`,
    `update auth.credential set ${p}failed_attempts = $3::int, ${p}last_failed_at = now()
     where tenant_id = $1::uuid and user_id = $2::uuid and $3::int > 0 returning user_id`,
  );
});

/** Notes a sign-in, and its place as familiar. $1 tenant, $2 user, $3 network, $4 kind of device, $5 IP address. */
export const recordLastLogin = statement(
  'credential_last_login',
  `with place as (
     insert into auth.sign_in_place as p (tenant_id, user_id, network, device, ip_address)
     values ($1::uuid, $2::uuid, $3, $4, $5)
     on conflict (user_id, network, device) do update set last_seen_at = now(), ip_address = excluded.ip_address)
   update auth.credential set last_login_at = now() where tenant_id = $1::uuid and user_id = $2::uuid`,
);

/**
 * Puts in line whatever decides about an account's sign-in, factors and sessions; taken before any other row of it, so that
 * nobody waits in a circle. $1 tenant, $2 user.
 */
export const lockCredential = statement<{ user_id: string }>(
  'credential_lock',
  'select user_id from auth.credential where tenant_id = $1::uuid and user_id = $2::uuid for no key update',
);

/** Finds the credential whose password is older. $1 tenant, $2 user, $3 days. */
export const isPasswordOlder = statement<{ user_id: string }>(
  'credential_password_older',
  `select user_id from auth.credential where tenant_id = $1::uuid and user_id = $2::uuid
     and changed_at < now() - make_interval(days => $3::int)`,
);

/** No failures, no locks. */
const unlocked = {
  failedAttempts: 0,
  lastFailedAt: null,
  lockedUntil: null,
  lockouts: 0,
  familiarFailedAttempts: 0,
  familiarLastFailedAt: null,
  familiarLockedUntil: null,
  familiarLockouts: 0,
};

/** Sets a password, new or in place of the old one, and lifts a lock. */
export async function setPassword(
  tx: Executor,
  values: { tenantId: string; userId: string; passwordHash: string },
): Promise<void> {
  const fresh = {
    passwordHash: values.passwordHash,
    changedAt: sql`now()`,
    ...unlocked,
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

/** The row of somebody without a password, unless there is one. */
export async function ensureCredential(
  tx: Executor,
  values: { tenantId: string; userId: string },
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
      ...(values.rehash ? {} : { changedAt: sql`now()`, ...unlocked }),
    })
    .where(and(eq(credential.userId, values.userId), eq(credential.passwordHash, values.oldHash)))
    .returning({ userId: credential.userId });
  return rows.length === 1;
}

/** Lifts the lock and forgets failures; whether the account was locked. */
export async function unlock(tx: Executor, tenantId: string, userId: string): Promise<boolean> {
  const rows = await tx
    .update(credential)
    .set(unlocked)
    .where(
      and(
        eq(credential.tenantId, tenantId),
        eq(credential.userId, userId),
        gt(sql`greatest(${credential.lockedUntil}, ${credential.familiarLockedUntil})`, sql`now()`),
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
