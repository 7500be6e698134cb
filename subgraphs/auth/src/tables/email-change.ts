import { instant, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** The address that somebody wants for their account, and the code that is mailed to it. One for an account: the newest. */
export const emailChange = auth.table(
  'email_change',
  {
    userId: uuid('user_id').primaryKey(),
    tenantId: tenantId(),
    /** What the code is derived from. */
    requestId: uuid('request_id').notNull(),
    email: text('email').notNull(),
    /** SHA-256 of the code. */
    codeHash: text('code_hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('email_change_expires_at').on(table.expiresAt)],
);

export type EmailChange = typeof emailChange.$inferSelect;
