import type { Executor } from '@gatehouse/data';
import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { type FactorKind, type MfaFactor, mfaFactor } from '../tables/mfa-factor.ts';
import { statement } from './statement.ts';

type Owner = { tenantId: string; userId: string };

const of = ({ tenantId, userId }: Owner) =>
  and(eq(mfaFactor.tenantId, tenantId), eq(mfaFactor.userId, userId));

/** Has codes that were sent, and not used yet, count no more. */
export async function voidSentCodesOf(tx: Executor, userId: string): Promise<void> {
  await tx.update(mfaFactor).set({ codeHash: null, codeExpiresAt: null }).where(eq(mfaFactor.userId, userId));
}

/** The factors that count, the oldest first. */
export async function findActiveFactors(db: Executor, owner: Owner): Promise<MfaFactor[]> {
  return db
    .select()
    .from(mfaFactor)
    .where(and(of(owner), isNotNull(mfaFactor.confirmedAt)))
    .orderBy(asc(mfaFactor.id));
}

/** One that counts. */
export async function findFactor(db: Executor, owner: Owner, id: string): Promise<MfaFactor | undefined> {
  const [row] = await db
    .select()
    .from(mfaFactor)
    .where(and(of(owner), eq(mfaFactor.id, id), isNotNull(mfaFactor.confirmedAt)));
  return row;
}

export async function findPendingFactor(
  db: Executor,
  owner: Owner,
  kind: FactorKind,
): Promise<MfaFactor | undefined> {
  const [row] = await db
    .select()
    .from(mfaFactor)
    .where(and(of(owner), eq(mfaFactor.kind, kind), isNull(mfaFactor.confirmedAt)));
  return row;
}

/** Stores a factor to be confirmed, in place of an older such one; false when one of its kind counts already. */
export async function putPendingFactor(
  db: Executor,
  row: Owner & { kind: FactorKind } & Partial<
      Pick<MfaFactor, 'secretJwe' | 'phoneNumber' | 'codeHash' | 'codeExpiresAt'>
    >,
): Promise<boolean> {
  const { secretJwe = null, phoneNumber = null, codeHash = null, codeExpiresAt = null } = row;
  const rows = await db
    .insert(mfaFactor)
    .values(row)
    .onConflictDoUpdate({
      target: [mfaFactor.userId, mfaFactor.kind],
      targetWhere: sql`kind in ('totp', 'email', 'sms')`,
      set: { secretJwe, phoneNumber, codeHash, codeExpiresAt, createdAt: sql`now()` },
      setWhere: isNull(mfaFactor.confirmedAt),
    })
    .returning({ id: mfaFactor.id });
  return rows.length === 1;
}

/** Makes exactly the factor that was looked at count. $1 factor, $2 its encrypted secret, $3 time step of the code. */
export const activateTotp = statement<{ id: string }>(
  'mfa_factor_activate_totp',
  `update auth.mfa_factor set confirmed_at = now(), last_used_at = now(), last_used_step = $3::bigint
   where id = $1::uuid and secret_jwe = $2 and confirmed_at is null returning id`,
);

/** Makes e-mail or SMS count, when the code is the one that was sent. $1 tenant, $2 user, $3 kind, $4 HMAC of the code. */
export const activateByCode = statement<{ id: string }>(
  'mfa_factor_activate_by_code',
  `update auth.mfa_factor set confirmed_at = now(), last_used_at = now(), code_hash = null
   where tenant_id = $1::uuid and user_id = $2::uuid and kind = $3 and confirmed_at is null
     and code_hash = $4 and code_expires_at > now() returning id`,
);

/**
 * Uses the code of a time step up: of any number of parallel calls one gets a row, and none for a step that is not later
 * than the last one used. $1 factor, $2 time step.
 */
export const useTotpStep = statement<{ id: string }>(
  'mfa_factor_use_step',
  `update auth.mfa_factor set last_used_step = $2::bigint, last_used_at = now()
   where id = $1::uuid and confirmed_at is not null and (last_used_step is null or last_used_step < $2::bigint)
   returning id`,
);

/** $1 factor. */
export const markFactorUsed = statement(
  'mfa_factor_used',
  'update auth.mfa_factor set last_used_at = now() where id = $1::uuid',
);

/** The code sent to somebody signed in, in place of an older one. $1 factor, $2 HMAC, $3 seconds to live. */
export const putFactorCode = statement(
  'mfa_factor_put_code',
  `update auth.mfa_factor set code_hash = $2, code_expires_at = now() + make_interval(secs => $3::float8)
   where id = $1::uuid and confirmed_at is not null`,
);

/** Uses that code up. $1 factor, $2 HMAC. */
export const useFactorCode = statement<{ id: string }>(
  'mfa_factor_use_code',
  `update auth.mfa_factor set code_hash = null
   where id = $1::uuid and confirmed_at is not null and code_hash = $2 and code_expires_at > now() returning id`,
);

export async function deleteFactor(tx: Executor, owner: Owner, id: string): Promise<MfaFactor | undefined> {
  const [row] = await tx
    .delete(mfaFactor)
    .where(and(of(owner), eq(mfaFactor.id, id), isNotNull(mfaFactor.confirmedAt)))
    .returning();
  return row;
}

/** All of an account, those not confirmed too. */
export async function deleteFactorsOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(mfaFactor).where(eq(mfaFactor.userId, userId));
}
