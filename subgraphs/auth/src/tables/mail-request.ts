import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/**
 * A wish for a mail, stored alike for known and unknown addresses and answered before anybody looks; a worker finds out
 * whose address it is, mails, and deletes the row.
 */
export const mailRequest = auth.table(
  'mail_request',
  {
    id: uuid('id').primaryKey(),
    tenantId: tenantId(),
    kind: text('kind', { enum: ['confirm', 'reset'] }).notNull(),
    email: text('email').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    attempts: integer('attempts').notNull().default(0),
    createdAt: createdAt(),
    dueAt: instant('due_at').notNull().defaultNow(),
  },
  (table) => [index('mail_request_due_at').on(table.dueAt)],
);

export type MailRequest = typeof mailRequest.$inferSelect;
