import type { ListedSuppression } from '../queries/suppressions.ts';
import type { Delivery } from '../tables/delivery.ts';
import type { Notification } from '../tables/notification.ts';

export type UserParent = { id: string };
export type NotificationParent = Notification;
export type SuppressionParent = ListedSuppression;
export type DeliveryParent = Delivery;
