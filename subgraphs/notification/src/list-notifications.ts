import { type Connection, connectionOf, type Database, type PageArguments, pageOf } from '@gatehouse/data';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { countUnread, pageOfNotifications, type Recipient } from './queries/notifications.ts';
import type { Notification } from './tables/notification.ts';

const cursor = z.object({ position: z.int().positive() });
const filterShape = z.object({
  filter: z.object({ unread: z.boolean().nullish(), kind: z.string().max(100).nullish() }).nullish(),
});

/** A page of a user's notifications, newest first, and how many of all are unread. */
export async function listNotifications(
  deps: { database: Database },
  recipient: Recipient,
  args: PageArguments & { filter?: unknown },
): Promise<Connection<Notification> & { unreadCount: number }> {
  const page = pageOf(args, cursor);
  const { filter } = readInput(filterShape, { filter: args.filter });
  const rows = await pageOfNotifications(deps.database.db, recipient, filter ?? {}, page);
  // After the page, so that it never counts less than the page shows.
  const unreadCount = await countUnread(deps.database.db, recipient);
  return { ...connectionOf(rows, page, ({ position }) => ({ position })), unreadCount };
}
