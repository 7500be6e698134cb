import { createdAt, id, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Passwords that an account had before, where its tenant does not let them be chosen again. */
export const passwordHistory = auth.table(
  'password_history',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    passwordHash: text('password_hash').notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('password_history_user').on(table.userId, table.id)],
);
