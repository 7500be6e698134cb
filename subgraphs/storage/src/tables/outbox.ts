import { outboxTable } from '@gatehouse/events/tables';
import { storageSchema } from './schema.ts';

export const outbox = outboxTable(storageSchema);
