import type { Executor } from '@gatehouse/data';
import { and, asc, eq, inArray, isNotNull, lt, lte, sql } from 'drizzle-orm';
import { type Delivery, delivery } from '../tables/delivery.ts';

type NewDelivery = Pick<
  typeof delivery.$inferInsert,
  | 'idempotencyKey'
  | 'tenantId'
  | 'userId'
  | 'template'
  | 'recipient'
  | 'senderName'
  | 'senderAddress'
  | 'subject'
  | 'html'
  | 'text'
>;

/** False when the key is known already; then nothing is added. */
export async function addDelivery(db: Executor, row: NewDelivery): Promise<boolean> {
  const added = await db
    .insert(delivery)
    .values({ ...row, channel: 'email' })
    .onConflictDoNothing({ target: delivery.idempotencyKey })
    .returning({ id: delivery.id });
  return added.length === 1;
}

const waiting = inArray(delivery.status, ['queued', 'failed']);

/** Takes due deliveries for one attempt each; nobody else sees them until the lease ends. */
export async function claimDeliveries(db: Executor, limit: number, leaseMs: number): Promise<Delivery[]> {
  const due = db
    .select({ id: delivery.id })
    .from(delivery)
    .where(and(waiting, lte(delivery.nextAttemptAt, sql`clock_timestamp()`)))
    .orderBy(asc(delivery.nextAttemptAt))
    .limit(limit)
    .for('update', { skipLocked: true });
  return await db
    .update(delivery)
    .set({
      attempts: sql`${delivery.attempts} + 1`,
      nextAttemptAt: sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`,
    })
    .where(inArray(delivery.id, due))
    .returning();
}

/** The attempt this process made; a later one of somebody else makes it void. */
const attemptOf = ({ id, attempts }: Delivery) =>
  and(eq(delivery.id, id), eq(delivery.attempts, attempts), waiting);

/** Also forgets the message: it may hold links with codes. */
export async function recordSent(db: Executor, claimed: Delivery): Promise<void> {
  await db
    .update(delivery)
    .set({ status: 'sent', sentAt: sql`clock_timestamp()`, html: null, text: null, lastError: null })
    .where(attemptOf(claimed));
}

export async function recordFailure(
  db: Executor,
  claimed: Delivery,
  failure: { error: string; retryInMs: number | null },
): Promise<void> {
  const { error: lastError, retryInMs } = failure;
  await db
    .update(delivery)
    .set(
      retryInMs === null
        ? { status: 'dead', lastError }
        : {
            status: 'failed',
            lastError,
            nextAttemptAt: sql`clock_timestamp() + make_interval(secs => ${retryInMs / 1000})`,
          },
    )
    .where(attemptOf(claimed));
}

/** Forgets the oldest records; answers how many. */
export async function pruneDeliveries(db: Executor, keepDays: number): Promise<number> {
  const old = db
    .select({ id: delivery.id })
    .from(delivery)
    .where(lt(delivery.createdAt, sql`now() - make_interval(days => ${keepDays})`))
    .limit(1_000);
  const { rowCount } = await db.delete(delivery).where(inArray(delivery.id, old));
  return rowCount ?? 0;
}

/** Empties messages that were given up so long ago that their links no longer work. */
export async function forgetDeadMessages(db: Executor, keepDays: number): Promise<void> {
  await db
    .update(delivery)
    .set({ html: null, text: null })
    .where(
      and(
        eq(delivery.status, 'dead'),
        isNotNull(delivery.html),
        lt(delivery.createdAt, sql`now() - make_interval(days => ${keepDays})`),
      ),
    );
}
