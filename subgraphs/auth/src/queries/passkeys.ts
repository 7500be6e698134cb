import { type Executor, newId, type Tx } from '@gatehouse/data';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { type MfaFactor, mfaFactor } from '../tables/mfa-factor.ts';
import { type Passkey, passkey } from '../tables/passkey.ts';
import { statement } from './statement.ts';

type Owner = { tenantId: string; userId: string };

const of = ({ tenantId, userId }: Owner) => and(eq(passkey.tenantId, tenantId), eq(passkey.userId, userId));

export async function findPasskeysOf(db: Executor, owner: Owner): Promise<Passkey[]> {
  return db.select().from(passkey).where(of(owner));
}

export async function findPasskeys(
  db: Executor,
  tenantId: string,
  factorIds: readonly string[],
): Promise<Passkey[]> {
  return db
    .select()
    .from(passkey)
    .where(and(eq(passkey.tenantId, tenantId), inArray(passkey.factorId, [...factorIds])));
}

export async function findPasskeyByCredential(
  db: Executor,
  tenantId: string,
  credentialId: string,
): Promise<Passkey | undefined> {
  const [row] = await db
    .select()
    .from(passkey)
    .where(and(eq(passkey.tenantId, tenantId), eq(passkey.credentialId, credentialId)));
  return row;
}

/** Adds a factor that counts; undefined when the tenant knows the credential already. */
export async function insertPasskey(tx: Tx, row: Omit<Passkey, 'factorId'>): Promise<MfaFactor | undefined> {
  const id = newId();
  const { tenantId, userId } = row;
  const [factor] = await tx
    .insert(mfaFactor)
    .values({ id, tenantId, userId, kind: 'passkey', confirmedAt: sql`now()`, lastUsedAt: sql`now()` })
    .returning();
  const [added] = await tx
    .insert(passkey)
    .values({ ...row, factorId: id })
    .onConflictDoNothing()
    .returning({ id: passkey.factorId });
  if (added) return factor;
  await tx.delete(mfaFactor).where(eq(mfaFactor.id, id));
  return undefined;
}

/**
 * Notes that a passkey has signed; no row when its counter did not go up (WebAuthn § 7.2 step 22), where it counts at
 * all, or when it is gone. $1 factor, $2 counter, $3 whether it is backed up.
 */
export const usePasskey = statement<{ factor_id: string }>(
  'passkey_use',
  `with used as (
     update auth.passkey set counter = $2::bigint, backed_up = $3::boolean
     where factor_id = $1::uuid and (counter < $2::bigint or (counter = 0 and $2::bigint = 0)) returning factor_id)
   update auth.mfa_factor f set last_used_at = now() from used where f.id = used.factor_id returning used.factor_id`,
);

/** Whether it was there. */
export async function renamePasskeyOf(
  tx: Executor,
  owner: Owner,
  factorId: string,
  name: string,
): Promise<boolean> {
  const rows = await tx
    .update(passkey)
    .set({ name })
    .where(and(of(owner), eq(passkey.factorId, factorId)))
    .returning({ id: passkey.factorId });
  return rows.length === 1;
}
