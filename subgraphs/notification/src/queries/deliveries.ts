import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, asc, eq, inArray, isNotNull, isNull, lt, lte, ne, or, sql } from 'drizzle-orm';
import { type Channel, type Delivery, delivery } from '../tables/delivery.ts';

type NewDelivery = Pick<
  typeof delivery.$inferInsert,
  | 'idempotencyKey'
  | 'tenantId'
  | 'userId'
  | 'channel'
  | 'template'
  | 'recipient'
  | 'senderName'
  | 'senderAddress'
  | 'subject'
  | 'html'
  | 'text'
  | 'expiresAt'
>;

/** False when the key is known already; then nothing is added. */
export async function addDelivery(db: Executor, row: NewDelivery): Promise<boolean> {
  const added = await db
    .insert(delivery)
    .values(row)
    .onConflictDoNothing({ target: delivery.idempotencyKey })
    .returning({ id: delivery.id });
  return added.length === 1;
}

const waiting = inArray(delivery.status, ['queued', 'failed']);

/** What waits is counted up to this. */
export const countedUpTo = 10_000;

/** How many deliveries of a channel wait, and for how many seconds the oldest of those has. */
export async function waitingDeliveries(
  db: Executor,
  channel: Channel,
): Promise<{ waiting: number; age: number }> {
  const created = db
    .select({ at: delivery.createdAt })
    .from(delivery)
    .where(and(eq(delivery.channel, channel), waiting))
    .limit(countedUpTo)
    .as('waiting');
  const [row] = await db
    .select({
      waiting: sql<number>`count(*)::int`,
      age: sql<number>`coalesce(extract(epoch from clock_timestamp() - min(${created.at})), 0)::float8`,
    })
    .from(created);
  return { waiting: row?.waiting ?? 0, age: Math.max(0, row?.age ?? 0) };
}

/** Takes due deliveries for one attempt each; nobody else sees them until the lease ends. */
export async function claimDeliveries(
  db: Executor,
  { channel, limit, leaseMs }: { channel: Channel; limit: number; leaseMs: number },
): Promise<Delivery[]> {
  const due = db
    .select({ id: delivery.id })
    .from(delivery)
    .where(and(eq(delivery.channel, channel), waiting, lte(delivery.nextAttemptAt, sql`clock_timestamp()`)))
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
export async function recordSent(
  db: Executor,
  claimed: Delivery,
  providerId: string | null = null,
): Promise<void> {
  const sentAt = sql`clock_timestamp()`;
  await db
    .update(delivery)
    .set({ status: 'sent', sentAt, providerId, html: null, text: null, lastError: null })
    .where(attemptOf(claimed));
}

type SmsReport = { deliveryId: string; providerId: string };

/** It has arrived: the last word, whatever was recorded before, also when the process that sent it recorded nothing. */
export async function recordSmsDelivered(db: Executor, report: SmsReport): Promise<void> {
  await db
    .update(delivery)
    .set({
      status: 'delivered',
      providerId: report.providerId,
      sentAt: sql`coalesce(${delivery.sentAt}, clock_timestamp())`,
      deliveredAt: sql`clock_timestamp()`,
      html: null,
      text: null,
      lastError: null,
    })
    .where(and(smsOf(report), ne(delivery.status, 'delivered')));
}

/** It will not arrive. Says nothing when it was about another attempt than the last one known. */
export async function recordSmsFailed(db: Executor, report: SmsReport & { error: string }): Promise<void> {
  await db
    .update(delivery)
    .set({ status: 'dead', providerId: report.providerId, text: null, lastError: report.error })
    .where(
      and(
        smsOf(report),
        inArray(delivery.status, ['queued', 'failed', 'sent']),
        or(isNull(delivery.providerId), eq(delivery.providerId, report.providerId)),
      ),
    );
}

const smsOf = ({ deliveryId }: SmsReport) => and(eq(delivery.id, deliveryId), eq(delivery.channel, 'sms'));

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

/** Of a tenant, newest first. */
export function pageOfDeliveries(
  db: Reader,
  selection: {
    tenantId: string;
    recipient?: string | null | undefined;
    userId?: string | null | undefined;
    status?: Delivery['status'] | null | undefined;
  },
  page: Page<string>,
): Promise<Delivery[]> {
  const { tenantId, recipient, userId, status } = selection;
  const keys = keyset(page, [delivery.id], (id) => [id], 'desc');
  return db
    .select()
    .from(delivery)
    .where(
      and(
        eq(delivery.tenantId, tenantId),
        recipient == null ? undefined : eq(sql`lower(${delivery.recipient})`, recipient.toLowerCase()),
        userId == null ? undefined : eq(delivery.userId, userId),
        status == null ? undefined : eq(delivery.status, status),
        keys.where,
      ),
    )
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
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
        isNotNull(delivery.text),
        lt(delivery.createdAt, sql`now() - make_interval(days => ${keepDays})`),
      ),
    );
}
