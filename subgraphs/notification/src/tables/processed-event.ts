import { processedEventTable } from '@gatehouse/events/tables';
import { notificationSchema } from './schema.ts';

export const processedEvent = processedEventTable(notificationSchema);
