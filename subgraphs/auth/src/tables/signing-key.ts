import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { jsonb, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { JWK } from 'jose';
import { auth } from './schema.ts';

/** Keys that a tenant's tokens are signed with. The private part is a JWE under AUTH_SECRET. */
export const signingKey = auth.table(
  'signing_key',
  {
    tenantId: tenantId(),
    kid: text('kid').notNull(),
    publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
    privateJwe: text('private_jwe').notNull(),
    /** One active key signs; a next one is published and waits until everybody knows it; retired ones still verify. */
    status: text('status', { enum: ['active', 'next', 'retired'] }).notNull(),
    createdAt: createdAt(),
    /** When it came to its status. */
    statusAt: instant('status_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kid] }),
    uniqueIndex('signing_key_active').on(table.tenantId).where(sql`status = 'active'`),
    uniqueIndex('signing_key_next').on(table.tenantId).where(sql`status = 'next'`),
  ],
);
