import { instant } from '@gatehouse/data/columns';
import { primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { userSchema } from './schema.ts';
import { users } from './users.ts';

/** Accounts on other platforms, as another system reported them (`account.connected`). */
export const connectedAccounts = userSchema.table(
  'connected_accounts',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    accountId: text('account_id').notNull(),
    platform: text('platform').notNull(),
    connectedAt: instant('connected_at').notNull(),
  },
  (table) => [primaryKey({ name: 'connected_accounts_pk', columns: [table.userId, table.accountId] })],
);
