import { instant, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** A number that somebody says is theirs, and the code that was texted to it, as an HMAC. One for an account. */
export const phoneConfirmation = auth.table(
  'phone_confirmation',
  {
    userId: uuid('user_id').primaryKey(),
    tenantId: tenantId(),
    /** E.164 */
    phoneNumber: text('phone_number').notNull(),
    codeHash: text('code_hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('phone_confirmation_expires_at').on(table.expiresAt)],
);
