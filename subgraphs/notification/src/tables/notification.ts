import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { notificationSchema } from './schema.ts';

/** A message inside the application. `position` counts per user without gaps, in the order of commits. */
export const notification = notificationSchema.table(
  'notification',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    data: jsonb('data').notNull().$type<Record<string, unknown>>(),
    createdAt: createdAt(),
    readAt: instant('read_at'),
  },
  (table) => [
    uniqueIndex('notification_position').on(table.tenantId, table.userId, table.position),
    index('notification_unread').on(table.tenantId, table.userId).where(sql`read_at is null`),
  ],
);

export type Notification = typeof notification.$inferSelect;
