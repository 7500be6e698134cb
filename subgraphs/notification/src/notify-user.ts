import { type Executor, newId, type PubSub } from '@gatehouse/data';
import { insertNotification, nextPosition, type Recipient } from './queries/notifications.ts';

export type Message = { kind: string; title: string; body: string; data: Record<string, unknown> };

/** Adds a notification for a user; call it last in its transaction, since it holds the user's counter. */
export async function addNotification(tx: Executor, recipient: Recipient, message: Message): Promise<void> {
  const position = await nextPosition(tx, recipient);
  await insertNotification(tx, { id: newId(), ...recipient, position, ...message });
}

/** Where a user's open streams are told that there is something to read. */
export const notificationChannel = ({ tenantId, userId }: Recipient): string =>
  `notification:${tenantId}:${userId}`;

/** Wakes the user's open streams; call it after the commit. They also look by themselves, so it may get lost. */
export const hintNotification = (pubSub: PubSub, recipient: Recipient): Promise<void> =>
  pubSub.publish(notificationChannel(recipient), {});
