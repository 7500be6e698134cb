import { type Executor, newId } from '@gatehouse/data';
import { and, desc, eq, lt, lte, sql } from 'drizzle-orm';
import { type AlertBody, type AlertDelivery, alertDelivery } from '../tables/alert-delivery.ts';

export async function insertAlertDeliveries(
  tx: Executor,
  rows: { tenantId: string; ruleId: string; userId: string | null; body: AlertBody }[],
): Promise<void> {
  if (rows.length > 0) await tx.insert(alertDelivery).values(rows.map((row) => ({ ...row, id: newId() })));
}

/**
 * Claims what is due first: it is due again after a pause that doubles, from five seconds up to an hour, unless it was
 * settled before. A claim of a process that dies is only a delay.
 */
export async function claimAlertDelivery(db: Executor): Promise<AlertDelivery | undefined> {
  const due = db
    .select({ id: alertDelivery.id })
    .from(alertDelivery)
    .where(and(eq(alertDelivery.status, 'WAITING'), lte(alertDelivery.nextAttemptAt, sql`now()`)))
    .orderBy(alertDelivery.nextAttemptAt)
    .limit(1)
    .for('update', { skipLocked: true });
  const [row] = await db
    .update(alertDelivery)
    .set({
      attempts: sql`${alertDelivery.attempts} + 1`,
      // A second more than an attempt may take, so that no other process begins one meanwhile.
      nextAttemptAt: sql`now() + make_interval(secs => 11 + least(3600, 5 * power(2, least(20, ${alertDelivery.attempts}))))`,
    })
    .where(eq(alertDelivery.id, sql`(${due})`))
    .returning();
  return row;
}

export async function settleAlertDelivery(
  db: Executor,
  id: string,
  outcome: { status?: 'DELIVERED' | 'GIVEN_UP'; lastError: string | null },
): Promise<void> {
  await db.update(alertDelivery).set(outcome).where(eq(alertDelivery.id, id));
}

/** The newest of a rule first. */
export const lastAlertDeliveries = (db: Executor, ruleId: string, limit: number): Promise<AlertDelivery[]> =>
  db
    .select()
    .from(alertDelivery)
    .where(eq(alertDelivery.ruleId, ruleId))
    .orderBy(desc(alertDelivery.id))
    .limit(limit);

export async function deleteAlertDeliveriesBefore(db: Executor, date: Date): Promise<void> {
  await db.delete(alertDelivery).where(lt(alertDelivery.createdAt, date));
}
