import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { check, index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** A program's right to act as a person or as a client. Of its secrets only hashes are kept, in a table of their own. */
export const apiKey = auth.table(
  'api_key',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    /** The beginning of its newest secret, for people to tell keys apart. */
    start: text('start').notNull(),
    userId: uuid('user_id'),
    clientId: uuid('client_id'),
    /** Permission names. */
    scopes: text('scopes').array().notNull(),
    /** Addresses and CIDR ranges; none is any. */
    allowedAddresses: text('allowed_addresses').array().notNull(),
    createdBy: uuid('created_by').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    lastUsedAt: instant('last_used_at'),
    lastUsedFrom: text('last_used_from'),
  },
  (table) => [
    check('api_key_owner', sql`(${table.userId} is null) <> (${table.clientId} is null)`),
    index('api_key_tenant').on(table.tenantId, table.id).where(sql`revoked_at is null`),
    index('api_key_user').on(table.userId, table.id).where(sql`revoked_at is null`),
    index('api_key_client').on(table.clientId).where(sql`revoked_at is null`),
    index('api_key_expires_at').on(table.expiresAt),
  ],
);

/** What a key is proved by. After a rotation the one before may stand for a while. */
export const apiKeySecret = auth.table(
  'api_key_secret',
  {
    /** SHA-256 of the whole key, base64url. */
    hash: text('hash').primaryKey(),
    apiKeyId: uuid('api_key_id')
      .notNull()
      .references(() => apiKey.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    /** Null: as long as the key itself. */
    expiresAt: instant('expires_at'),
  },
  (table) => [index('api_key_secret_key').on(table.apiKeyId)],
);

export type ApiKey = typeof apiKey.$inferSelect;
