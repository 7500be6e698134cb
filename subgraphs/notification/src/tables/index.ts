export { delivery } from './delivery.ts';
export { mailboxMessage } from './mailbox-message.ts';
export { notification } from './notification.ts';
export { notificationCounter } from './notification-counter.ts';
export { outbox } from './outbox.ts';
export { processedEvent } from './processed-event.ts';
export { notificationSchema } from './schema.ts';
export { suppression } from './suppression.ts';
