import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core';
import { alertRule } from './alert-rule.ts';
import { auth } from './schema.ts';

/** What an alert says, in the form that webhooks get. */
export type AlertBody = {
  id: string;
  type: 'security.alert';
  tenantId: string;
  rule: { id: string; name: string };
  /** Events that counted, up to the threshold. */
  count: number;
  windowSeconds: number;
  /** The event that was one too many. */
  event: {
    id: string;
    type: string;
    severity: string;
    occurredAt: string;
    userId: string | null;
    ipAddress: string | null;
  };
};

/** An alert on its way to one receiver, until it has arrived or was given up. */
export const alertDelivery = auth.table(
  'alert_delivery',
  {
    id: id(),
    tenantId: tenantId(),
    ruleId: uuid('rule_id')
      .notNull()
      .references(() => alertRule.id, { onDelete: 'cascade' }),
    /** The receiver of a mail; null for the webhook of the rule. */
    userId: uuid('user_id'),
    body: jsonb('body').$type<AlertBody>().notNull(),
    status: text('status', { enum: ['WAITING', 'DELIVERED', 'GIVEN_UP'] })
      .notNull()
      .default('WAITING'),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    createdAt: createdAt(),
  },
  (table) => [
    index('alert_delivery_due').on(table.nextAttemptAt).where(sql`status = 'WAITING'`),
    index('alert_delivery_rule').on(table.ruleId, table.id),
    index('alert_delivery_created_at').on(table.createdAt),
  ],
);

export type AlertDelivery = typeof alertDelivery.$inferSelect;
