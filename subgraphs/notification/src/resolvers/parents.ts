import type { Notification } from '../tables/notification.ts';

export type UserParent = { id: string };
export type NotificationParent = Notification;
