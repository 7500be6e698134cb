import type { Executor } from '@gatehouse/data';
import { asc, eq } from 'drizzle-orm';
import { signingKey } from '../tables/signing-key.ts';

export type SigningKeyRow = typeof signingKey.$inferSelect;

/** The keys of a tenant, the active one first. */
export async function findSigningKeys(db: Executor, tenantId: string): Promise<SigningKeyRow[]> {
  return db
    .select()
    .from(signingKey)
    .where(eq(signingKey.tenantId, tenantId))
    .orderBy(asc(signingKey.status), asc(signingKey.createdAt));
}

/** Any one key, to try AUTH_SECRET on. */
export async function anySigningKey(db: Executor): Promise<SigningKeyRow | undefined> {
  const [row] = await db.select().from(signingKey).limit(1);
  return row;
}

/** Stores a tenant's active key unless it has one: of processes that start together one stores. */
export async function insertActiveKey(
  db: Executor,
  row: Omit<SigningKeyRow, 'createdAt' | 'status'>,
): Promise<void> {
  await db
    .insert(signingKey)
    .values({ ...row, status: 'active' })
    .onConflictDoNothing();
}
