import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** The code of a mailed link: at most one per user and purpose, so that a newer one replaces the older. */
export const oneTimeCode = auth.table(
  'one_time_code',
  {
    userId: uuid('user_id').notNull(),
    purpose: text('purpose', { enum: ['confirm', 'reset'] }).notNull(),
    tenantId: tenantId(),
    /** SHA-256 of the code. */
    codeHash: text('code_hash').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    consumedAt: instant('consumed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.purpose] }),
    uniqueIndex('one_time_code_hash').on(table.codeHash),
    index('one_time_code_expires_at').on(table.expiresAt),
  ],
);

export type OneTimeCode = typeof oneTimeCode.$inferSelect;
export type CodePurpose = OneTimeCode['purpose'];
