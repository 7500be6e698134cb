import { instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** What happened to accounts, for their holders and for administrators; once written only ever acknowledged. */
export const securityEvent = auth.table(
  'security_event',
  {
    tenantId: tenantId(),
    /** 1, 2, 3 … per tenant without gaps, in the order of the commits: who has read n misses nothing before it. */
    position: bigint('position', { mode: 'number' }).notNull(),
    id: uuid('id').notNull().unique(),
    type: text('type').notNull(),
    severity: text('severity').notNull(),
    userId: uuid('user_id'),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    occurredAt: instant('occurred_at').notNull(),
    acknowledgedAt: instant('acknowledged_at'),
    /** Id of the user or client. */
    acknowledgedBy: text('acknowledged_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.position] }),
    index('security_event_user').on(table.tenantId, table.userId, table.position),
    index('security_event_unacknowledged')
      .on(table.tenantId, table.position)
      .where(sql`acknowledged_at is null`),
    index('security_event_occurred_at').on(table.occurredAt),
  ],
);

export type SecurityEventRow = typeof securityEvent.$inferSelect;
export type NewSecurityEventRow = typeof securityEvent.$inferInsert;

/** The last position given out in a tenant; its row lock puts writers in line. */
export const securityEventPosition = auth.table('security_event_position', {
  tenantId: uuid('tenant_id').primaryKey(),
  last: bigint('last', { mode: 'number' }).notNull(),
});
