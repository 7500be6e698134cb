import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { bigserial, index, jsonb, type PgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

/** Events that wait to be published, written in the transaction they tell about. For each subgraph's own schema. */
export const outboxTable = <S extends string>(schema: PgSchema<S>) =>
  schema.table('outbox', {
    position: bigserial('position', { mode: 'number' }).primaryKey(),
    id: uuid('id').notNull().unique(),
    type: text('type').notNull(),
    tenantId: tenantId(),
    subject: text('subject').notNull(),
    data: jsonb('data').notNull(),
    traceparent: text('traceparent'),
    createdAt: createdAt(),
  });

export type OutboxTable = ReturnType<typeof outboxTable<string>>;

/** Events that a consumer group of this subgraph has handled, written in the same transaction as their effect. */
export const processedEventTable = <S extends string>(schema: PgSchema<S>) =>
  schema.table(
    'processed_event',
    {
      group: text('group_name').notNull(),
      eventId: text('event_id').notNull(),
      processedAt: instant('processed_at').notNull().defaultNow(),
    },
    (table) => [
      primaryKey({ columns: [table.group, table.eventId] }),
      index('processed_event_processed_at').on(table.processedAt),
    ],
  );

export type ProcessedEventTable = ReturnType<typeof processedEventTable<string>>;
