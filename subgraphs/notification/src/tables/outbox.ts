import { outboxTable } from '@gatehouse/events/tables';
import { notificationSchema } from './schema.ts';

export const outbox = outboxTable(notificationSchema);
