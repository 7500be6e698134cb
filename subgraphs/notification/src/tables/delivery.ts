import { randomBytes } from 'node:crypto';
import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { notificationSchema } from './schema.ts';

export const deliveryStatuses = [
  'queued',
  'sent',
  'delivered',
  'failed',
  'dead',
  'bounced',
  'complained',
  'suppressed',
] as const;

/** 64 bits: few enough that an envelope sender holds it, and nobody has more than one guess a mail. */
const newReportToken = () => randomBytes(8).toString('hex');

/**
 * One message to one recipient over one channel. `html` and `text` hold secrets: they are emptied once it is sent. An SMS has
 * neither subject nor HTML.
 */
export const delivery = notificationSchema.table(
  'delivery',
  {
    id: id(),
    idempotencyKey: text('idempotency_key').notNull().unique('delivery_idempotency_key'),
    tenantId: tenantId(),
    userId: uuid('user_id'),
    channel: text('channel', { enum: ['email', 'sms'] }).notNull(),
    template: text('template').notNull(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    /** Whom it comes from; the installation's sender for what is null. */
    senderName: text('sender_name'),
    senderAddress: text('sender_address'),
    html: text('html'),
    text: text('text'),
    /**
     * `failed` waits for its next attempt, `dead` for a person; `delivered` is what a provider reported. A mail that came back is `bounced`, one
     * whose reader called it unwanted `complained`; `suppressed` is what was not sent for such a report of before.
     */
    status: text('status', { enum: deliveryStatuses }).notNull().default('queued'),
    attempts: integer('attempts').notNull().default(0),
    /** While an attempt runs: when it counts as lost. */
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    /** When it is of no use any more. */
    expiresAt: instant('expires_at'),
    /** What the provider calls it. */
    providerId: text('provider_id'),
    /** With the id what a report of a mail is known by; null for mails accepted by a release that took no reports. */
    reportToken: text('report_token').$defaultFn(newReportToken),
    /** What a report said: an enhanced status code (RFC 3463), or a feedback type (RFC 5965). */
    reasonCode: text('reason_code'),
    createdAt: createdAt(),
    sentAt: instant('sent_at'),
    deliveredAt: instant('delivered_at'),
  },
  (table) => [
    index('delivery_due').on(table.channel, table.nextAttemptAt).where(sql`status in ('queued', 'failed')`),
    index('delivery_created_at').on(table.createdAt),
    // What the log of deliveries is asked for.
    index('delivery_of_tenant').on(table.tenantId, table.id),
    index('delivery_to').on(table.tenantId, sql`lower(recipient)`, table.id),
    index('delivery_for').on(table.tenantId, table.userId, table.id).where(sql`user_id is not null`),
    index('delivery_not_sent').on(table.tenantId, table.status, table.id).where(sql`status <> 'sent'`),
  ],
);

export type Delivery = typeof delivery.$inferSelect;
export type Channel = Delivery['channel'];
