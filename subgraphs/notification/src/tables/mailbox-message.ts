import { instant } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { notificationSchema } from './schema.ts';

/** What the development mailbox received. The id is the delivery's, so that nothing arrives twice. */
export const mailboxMessage = notificationSchema.table(
  'mailbox_message',
  {
    id: uuid('id').primaryKey(),
    channel: text('channel', { enum: ['email', 'sms'] })
      .notNull()
      .default('email'),
    sender: text('sender').notNull().default(''),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    /** The header of a mail. */
    messageId: text('message_id'),
    text: text('text').notNull(),
    html: text('html').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [index('mailbox_message_created_at').on(table.createdAt, table.id)],
);

export type MailboxMessage = typeof mailboxMessage.$inferSelect;
