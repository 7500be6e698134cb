import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** What a person has allowed a client; it is not asked for again. */
export const consent = auth.table(
  'consent',
  {
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    clientId: uuid('client_id').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.userId, table.clientId] }),
    index('consent_client').on(table.tenantId, table.clientId),
  ],
);

export type ConsentRow = typeof consent.$inferSelect;
