import { outboxTable } from '@gatehouse/events/tables';
import { userSchema } from './schema.ts';

export const outbox = outboxTable(userSchema);
