import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { index, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { identityProvider } from './identity-provider.ts';
import { auth } from './schema.ts';

/** An account at a provider that signs in as a user. */
export const linkedAccount = auth.table(
  'linked_account',
  {
    id: id(),
    tenantId: tenantId(),
    providerId: uuid('provider_id')
      .notNull()
      .references(() => identityProvider.id, { onDelete: 'cascade' }),
    /** Who it is there; opaque. */
    subject: text('subject').notNull(),
    userId: uuid('user_id').notNull(),
    /** What it is called there, for people. */
    account: text('account'),
    createdAt: createdAt(),
    /** Null while the user is being made: whoever comes next goes on with the same one. */
    linkedAt: instant('linked_at'),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    uniqueIndex('linked_account_subject').on(table.providerId, table.subject),
    index('linked_account_user').on(table.userId),
  ],
);

export type LinkedAccount = typeof linkedAccount.$inferSelect;
