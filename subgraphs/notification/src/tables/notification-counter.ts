import { tenantId } from '@gatehouse/data/columns';
import { bigint, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { notificationSchema } from './schema.ts';

/** Last position given to a user. Its row is locked until the giving transaction ends: order of positions = order of commits. */
export const notificationCounter = notificationSchema.table(
  'notification_counter',
  {
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.userId] })],
);
