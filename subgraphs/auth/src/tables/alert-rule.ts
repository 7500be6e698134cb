import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { bigint, boolean, index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** When a tenant is alerted of security events, and how. */
export const alertRule = auth.table(
  'alert_rule',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    enabled: boolean('enabled').notNull().default(true),
    /** Any type when empty. */
    types: text('types').array().notNull(),
    minSeverity: text('min_severity').notNull(),
    /** So many events within the window fire the rule, once per window. */
    threshold: integer('threshold').notNull(),
    windowSeconds: integer('window_seconds').notNull(),
    /** Users who get a mail. */
    mailTo: uuid('mail_to').array().notNull(),
    webhookUrl: text('webhook_url'),
    /** The key of its signatures, as a JWE under AUTH_SECRET. */
    webhookSecret: text('webhook_secret'),
    createdAt: createdAt(),
    lastFiredAt: instant('last_fired_at'),
  },
  (table) => [index('alert_rule_tenant').on(table.tenantId, table.id)],
);

export type AlertRule = typeof alertRule.$inferSelect;

/** How far the security events of a tenant have been held against its rules. */
export const alertCursor = auth.table('alert_cursor', {
  tenantId: uuid('tenant_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
});
