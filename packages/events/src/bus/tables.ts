import { createdAt, instant } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';

export const platform = pgSchema('platform');

export const busEvent = platform.table(
  'event',
  {
    position: bigserial('position', { mode: 'number' }).primaryKey(),
    id: text('id').notNull().unique(),
    envelope: jsonb('envelope').notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('event_created_at').on(table.createdAt)],
);

/** What each consumer group wants; it stays when the consumers are down. */
export const busGroup = platform.table(
  'event_group',
  {
    group: text('group_name').notNull(),
    type: text('type').notNull(),
    /** Consumers refresh it; a pair that nobody has asked for in a long time is dropped. */
    seenAt: instant('seen_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.type, table.group] })],
);

/** An event that a group has yet to handle; the row goes when it has. */
export const busDelivery = platform.table(
  'event_delivery',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    group: text('group_name').notNull(),
    position: bigint('position', { mode: 'number' })
      .notNull()
      .references(() => busEvent.position),
    type: text('type').notNull(),
    subject: text('subject').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** When it may be claimed (again): now, after a back-off, or when the lease of a lost consumer ends. */
    availableAt: instant('available_at').notNull().defaultNow(),
    /** The claim that holds it. */
    lease: uuid('lease'),
    reason: text('reason'),
    diedAt: instant('died_at'),
  },
  (table) => [
    unique('event_delivery_group_position').on(table.group, table.position),
    index('event_delivery_waiting').on(table.group, table.position).where(sql`died_at is null`),
    index('event_delivery_subject')
      .on(table.group, table.subject, table.position)
      .where(sql`died_at is null`),
    index('event_delivery_dead').on(table.group, table.id).where(sql`died_at is not null`),
    index('event_delivery_event').on(table.position),
  ],
);
