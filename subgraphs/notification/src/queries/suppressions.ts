import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import { delivery } from '../tables/delivery.ts';
import { type Suppression, type SuppressionKind, suppression } from '../tables/suppression.ts';

/** With the address, as long as the delivery that was reported is kept. */
export type ListedSuppression = Suppression & { address: string | null };

/** The id; undefined when the address is suppressed already for this. */
export async function addSuppression(
  db: Executor,
  row: typeof suppression.$inferInsert,
): Promise<string | undefined> {
  const [added] = await db
    .insert(suppression)
    .values(row)
    .onConflictDoNothing({ target: [suppression.tenantId, suppression.addressHash, suppression.kind] })
    .returning({ id: suppression.id });
  return added?.id;
}

export const suppressionsOf = (db: Executor, tenantId: string, addressHash: string): Promise<Suppression[]> =>
  db
    .select()
    .from(suppression)
    .where(and(eq(suppression.tenantId, tenantId), eq(suppression.addressHash, addressHash)));

/** Newest first. */
export async function pageOfSuppressions(
  db: Reader,
  { tenantId, addressHash, kind }: { tenantId: string; addressHash?: string; kind?: SuppressionKind },
  page: Page<string>,
): Promise<ListedSuppression[]> {
  const keys = keyset(page, [suppression.id], (id) => [id], 'desc');
  const rows = await db
    .select({ row: suppression, address: delivery.recipient })
    .from(suppression)
    .leftJoin(delivery, eq(delivery.id, suppression.deliveryId))
    .where(
      and(
        eq(suppression.tenantId, tenantId),
        addressHash === undefined ? undefined : eq(suppression.addressHash, addressHash),
        kind === undefined ? undefined : eq(suppression.kind, kind),
        keys.where,
      ),
    )
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
  return rows.map(({ row, address }) => ({ ...row, address }));
}

export async function deleteSuppression(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<Suppression | undefined> {
  const [row] = await db
    .delete(suppression)
    .where(and(eq(suppression.tenantId, tenantId), eq(suppression.id, id)))
    .returning();
  return row;
}

/** Forgets the oldest; answers how many. */
export async function pruneSuppressions(db: Executor, keepDays: number): Promise<number> {
  const old = db
    .select({ id: suppression.id })
    .from(suppression)
    .where(lt(suppression.createdAt, sql`now() - make_interval(days => ${keepDays})`))
    .limit(1_000);
  const { rowCount } = await db.delete(suppression).where(inArray(suppression.id, old));
  return rowCount ?? 0;
}
