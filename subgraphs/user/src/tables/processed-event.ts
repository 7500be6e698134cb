import { processedEventTable } from '@gatehouse/events/tables';
import { userSchema } from './schema.ts';

export const processedEvent = processedEventTable(userSchema);
