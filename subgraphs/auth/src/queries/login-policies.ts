import type { Executor } from '@gatehouse/data';
import { eq, sql } from 'drizzle-orm';
import { type LoginPolicyRow, loginPolicy } from '../tables/login-policy.ts';

export async function findLoginPolicy(db: Executor, tenantId: string): Promise<LoginPolicyRow | undefined> {
  const [row] = await db.select().from(loginPolicy).where(eq(loginPolicy.tenantId, tenantId));
  return row;
}

/** Changes the fields that are given, null included. */
export async function changeLoginPolicy(
  tx: Executor,
  tenantId: string,
  change: Partial<Omit<LoginPolicyRow, 'tenantId' | 'updatedAt'>>,
): Promise<LoginPolicyRow> {
  const [row] = await tx
    .insert(loginPolicy)
    .values({ tenantId, ...change })
    .onConflictDoUpdate({ target: loginPolicy.tenantId, set: { ...change, updatedAt: sql`now()` } })
    .returning();
  if (!row) throw new Error('insert returned nothing');
  return row;
}
