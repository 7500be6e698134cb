import type { Executor } from '@gatehouse/data';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { type MfaPolicyRow, mfaPolicy } from '../tables/mfa-policy.ts';

/** Where the rule for everybody stands. */
export const everybody = '';

/** All rules of a tenant: the one for everybody first, then by role. */
export async function findMfaPolicies(db: Executor, tenantId: string): Promise<MfaPolicyRow[]> {
  return db.select().from(mfaPolicy).where(eq(mfaPolicy.tenantId, tenantId)).orderBy(asc(mfaPolicy.role));
}

/** The rules for these roles and for everybody. */
export async function findMfaPoliciesFor(
  db: Executor,
  tenantId: string,
  roles: readonly string[],
): Promise<MfaPolicyRow[]> {
  return db
    .select()
    .from(mfaPolicy)
    .where(and(eq(mfaPolicy.tenantId, tenantId), inArray(mfaPolicy.role, [everybody, ...roles])));
}

/** Sets a rule; the same requirement again goes on from when it began. */
export async function putMfaPolicy(
  tx: Executor,
  row: Omit<MfaPolicyRow, 'since'>,
): Promise<MfaPolicyRow | undefined> {
  const [stored] = await tx
    .insert(mfaPolicy)
    .values(row)
    .onConflictDoUpdate({
      target: [mfaPolicy.tenantId, mfaPolicy.role],
      set: {
        requirement: row.requirement,
        graceSeconds: row.graceSeconds,
        since: sql`case when ${mfaPolicy.requirement} = excluded.requirement then ${mfaPolicy.since} else now() end`,
      },
    })
    .returning();
  return stored;
}

export async function deleteMfaPolicy(tx: Executor, tenantId: string, role: string): Promise<void> {
  await tx.delete(mfaPolicy).where(and(eq(mfaPolicy.tenantId, tenantId), eq(mfaPolicy.role, role)));
}
