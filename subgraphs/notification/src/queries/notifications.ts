import { type Executor, keyset, type Page } from '@gatehouse/data';
import { and, asc, count, eq, gt, inArray, isNull, max, sql } from 'drizzle-orm';
import { type Notification, notification } from '../tables/notification.ts';
import { notificationCounter } from '../tables/notification-counter.ts';

/** Whose notifications: every query asks for both. */
export type Recipient = { tenantId: string; userId: string };
export type NotificationFilter = { unread?: boolean | null; kind?: string | null };
export type NotificationCursor = { position: number };

const of = ({ tenantId, userId }: Recipient) =>
  and(eq(notification.tenantId, tenantId), eq(notification.userId, userId));

/** The user's next position. Locks the counter until the transaction ends: take it as late as possible. */
export async function nextPosition(tx: Executor, { tenantId, userId }: Recipient): Promise<number> {
  const [row] = await tx
    .insert(notificationCounter)
    .values({ tenantId, userId, position: 1 })
    .onConflictDoUpdate({
      target: [notificationCounter.tenantId, notificationCounter.userId],
      set: { position: sql`${notificationCounter.position} + 1` },
    })
    .returning({ position: notificationCounter.position });
  if (!row) throw new Error('no position was given');
  return row.position;
}

export async function insertNotification(tx: Executor, row: typeof notification.$inferInsert): Promise<void> {
  await tx.insert(notification).values(row);
}

export const pageOfNotifications = (
  db: Executor,
  recipient: Recipient,
  filter: NotificationFilter,
  page: Page<NotificationCursor>,
): Promise<Notification[]> => {
  const { where, orderBy, limit } = keyset(
    page,
    [notification.position],
    ({ position }) => [position],
    'desc',
  );
  return db
    .select()
    .from(notification)
    .where(
      and(
        of(recipient),
        filter.unread == null ? undefined : sql`(${notification.readAt} is null) = ${filter.unread}`,
        filter.kind == null ? undefined : eq(notification.kind, filter.kind),
        where,
      ),
    )
    .orderBy(...orderBy)
    .limit(limit);
};

export async function countUnread(db: Executor, recipient: Recipient): Promise<number> {
  const [row] = await db
    .select({ unread: count() })
    .from(notification)
    .where(and(of(recipient), isNull(notification.readAt)));
  return row?.unread ?? 0;
}

export const notificationsById = (
  db: Executor,
  recipient: Recipient,
  ids: readonly string[],
): Promise<Notification[]> =>
  db
    .select()
    .from(notification)
    .where(and(of(recipient), inArray(notification.id, [...ids])));

/** Those after a position, oldest first. */
export const notificationsAfter = (
  db: Executor,
  recipient: Recipient,
  position: number,
  limit: number,
): Promise<Notification[]> =>
  db
    .select()
    .from(notification)
    .where(and(of(recipient), gt(notification.position, position)))
    .orderBy(asc(notification.position))
    .limit(limit);

export async function lastPosition(db: Executor, recipient: Recipient): Promise<number> {
  const [row] = await db
    .select({ position: max(notification.position) })
    .from(notification)
    .where(of(recipient));
  return row?.position ?? 0;
}

/** Keeps the time of the first reading. */
export async function markRead(
  db: Executor,
  recipient: Recipient,
  id: string,
): Promise<Notification | undefined> {
  const [row] = await db
    .update(notification)
    .set({ readAt: sql`coalesce(${notification.readAt}, now())` })
    .where(and(of(recipient), eq(notification.id, id)))
    .returning();
  return row;
}

export async function markAllRead(db: Executor, recipient: Recipient): Promise<number> {
  const { rowCount } = await db
    .update(notification)
    .set({ readAt: sql`now()` })
    .where(and(of(recipient), isNull(notification.readAt)));
  return rowCount ?? 0;
}
