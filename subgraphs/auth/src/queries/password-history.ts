import type { Executor } from '@gatehouse/data';
import { and, desc, eq, notInArray } from 'drizzle-orm';
import { passwordHistory } from '../tables/password-history.ts';

type Owner = { tenantId: string; userId: string };

const of = ({ tenantId, userId }: Owner) =>
  and(eq(passwordHistory.tenantId, tenantId), eq(passwordHistory.userId, userId));

/** The newest `limit` hashes that the account had before. */
export async function findFormerHashes(db: Executor, owner: Owner, limit: number): Promise<string[]> {
  const rows = await db
    .select({ passwordHash: passwordHistory.passwordHash })
    .from(passwordHistory)
    .where(of(owner))
    .orderBy(desc(passwordHistory.id))
    .limit(limit);
  return rows.map(({ passwordHash }) => passwordHash);
}

/** Keeps a hash that was replaced, and no more than `keep` of them. */
export async function keepFormerHash(
  tx: Executor,
  { passwordHash, ...owner }: Owner & { passwordHash: string },
  keep: number,
): Promise<void> {
  if (keep > 0) await tx.insert(passwordHistory).values({ ...owner, passwordHash });
  const kept = tx
    .select({ id: passwordHistory.id })
    .from(passwordHistory)
    .where(of(owner))
    .orderBy(desc(passwordHistory.id))
    .limit(Math.max(0, keep));
  await tx.delete(passwordHistory).where(and(of(owner), notInArray(passwordHistory.id, kept)));
}

export async function deleteFormerHashes(tx: Executor, owner: Owner): Promise<void> {
  await tx.delete(passwordHistory).where(of(owner));
}
