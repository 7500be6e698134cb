import { createdAt, id, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** A program that signs in by itself. Its secret is random, so its SHA-256 is enough. */
export const oauthClient = auth.table(
  'oauth_client',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    secretHash: text('secret_hash').notNull(),
    /** Permission names. */
    scopes: text('scopes').array().notNull(),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [index('oauth_client_name').on(table.tenantId, table.name, table.id)],
);

export type OauthClient = typeof oauthClient.$inferSelect;
