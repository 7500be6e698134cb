import type { Database } from '@gatehouse/data';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { markAllRead, markRead, type Recipient } from './queries/notifications.ts';
import type { Notification } from './tables/notification.ts';

const shape = z.object({ notificationId: z.uuid() });

/** Marks one of the user's notifications as read; again does no harm. NOT_FOUND for any other. */
export async function markNotificationRead(
  deps: { database: Database },
  recipient: Recipient,
  input: { notificationId: string },
): Promise<Notification> {
  const { notificationId } = readInput(shape, input);
  const row = await markRead(deps.database.db, recipient, notificationId);
  if (!row) throw new GatehouseError('NOT_FOUND', 'There is no such notification.');
  return row;
}

/** Marks all of the user's notifications as read; answers how many were not. */
export const markAllNotificationsRead = (
  deps: { database: Database },
  recipient: Recipient,
): Promise<number> => markAllRead(deps.database.db, recipient);
