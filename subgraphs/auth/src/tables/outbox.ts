import { outboxTable, processedEventTable } from '@gatehouse/events/tables';
import { auth } from './schema.ts';

export const outbox = outboxTable(auth);
export const processedEvent = processedEventTable(auth);
