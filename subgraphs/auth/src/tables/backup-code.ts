import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Codes for when no other second factor is at hand: each is good once. */
export const backupCode = auth.table(
  'backup_code',
  {
    userId: uuid('user_id').notNull(),
    /** HMAC of the code. */
    codeHash: text('code_hash').notNull(),
    tenantId: tenantId(),
    createdAt: createdAt(),
    consumedAt: instant('consumed_at'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.codeHash] })],
);
