import type { Executor } from '@gatehouse/data';
import { and, asc, eq, lt, sql } from 'drizzle-orm';
import { signingKey } from '../tables/signing-key.ts';

export type SigningKeyRow = typeof signingKey.$inferSelect;
type NewKey = Pick<SigningKeyRow, 'tenantId' | 'kid' | 'publicJwk' | 'privateJwe'>;

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

/** Tenants that have signed something. */
export async function findTenantsWithKeys(db: Executor): Promise<string[]> {
  const rows = await db.selectDistinct({ tenantId: signingKey.tenantId }).from(signingKey);
  return rows.map(({ tenantId }) => tenantId);
}

/** Stores a tenant's active or next key unless it has one: of processes that come together one stores. */
export async function insertSigningKey(
  db: Executor,
  row: NewKey & { status: 'active' | 'next' },
): Promise<void> {
  await db.insert(signingKey).values(row).onConflictDoNothing();
}

const olderThan = (seconds: number) =>
  lt(signingKey.statusAt, sql`now() - make_interval(secs => ${seconds}::float8)`);

/** Tenants whose active key has signed for longer than this and has no successor yet. */
export async function findTenantsToRotate(db: Executor, seconds: number): Promise<string[]> {
  const rows = await db
    .select({ tenantId: signingKey.tenantId })
    .from(signingKey)
    .where(and(eq(signingKey.status, 'active'), olderThan(seconds)));
  return rows.map(({ tenantId }) => tenantId);
}

/** The next keys that have been published for this long; nobody else takes them until the end of the transaction. */
export async function lockDueKeys(tx: Executor, seconds: number): Promise<SigningKeyRow[]> {
  return tx
    .select()
    .from(signingKey)
    .where(and(eq(signingKey.status, 'next'), olderThan(seconds)))
    .for('update', { skipLocked: true });
}

/** The next key signs from now on, and the one before only verifies. */
export async function activateKey(tx: Executor, { tenantId, kid }: SigningKeyRow): Promise<void> {
  const since = { statusAt: sql`now()` };
  await tx
    .update(signingKey)
    .set({ ...since, status: 'retired' })
    .where(and(eq(signingKey.tenantId, tenantId), eq(signingKey.status, 'active')));
  await tx
    .update(signingKey)
    .set({ ...since, status: 'active' })
    .where(and(eq(signingKey.tenantId, tenantId), eq(signingKey.kid, kid)));
}

/** Forgets the keys that have been retired for this long. */
export async function deleteRetiredKeys(db: Executor, seconds: number): Promise<void> {
  await db.delete(signingKey).where(and(eq(signingKey.status, 'retired'), olderThan(seconds)));
}
