import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, jsonb, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { ExternalIdentity } from '../federation/external-identity.ts';
import { identityProvider } from './identity-provider.ts';
import { auth } from './schema.ts';

/** A sign-in at a provider under way: from the redirect to it until its outcome is taken. */
export const externalLogin = auth.table(
  'external_login',
  {
    /** SHA-256 of `state`. */
    stateHash: text('state_hash').primaryKey(),
    tenantId: tenantId(),
    providerId: uuid('provider_id')
      .notNull()
      .references(() => identityProvider.id, { onDelete: 'cascade' }),
    /** SHA-256 of what the browser that began it keeps in a cookie. */
    browserHash: text('browser_hash').notNull(),
    /** Of the script that began it (RFC 7636, S256); null when it belongs to an interaction. */
    codeChallenge: text('code_challenge'),
    interactionUid: text('interaction_uid'),
    /** Path to come back to. */
    returnTo: text('return_to').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    /** When the provider's answer came in. */
    answeredAt: instant('answered_at'),
    /** SHA-256 of the code that the outcome is handed out for. */
    codeHash: text('code_hash'),
    codeExpiresAt: instant('code_expires_at'),
    identity: jsonb('identity').$type<ExternalIdentity>(),
  },
  (table) => [
    uniqueIndex('external_login_code').on(table.codeHash),
    index('external_login_expires_at').on(table.expiresAt),
  ],
);

export type ExternalLogin = typeof externalLogin.$inferSelect;

/** Signed assertions that have been used: each counts once. */
export const usedAssertion = auth.table(
  'used_assertion',
  {
    providerId: uuid('provider_id')
      .notNull()
      .references(() => identityProvider.id, { onDelete: 'cascade' }),
    /** SHA-256 of its signature. */
    hash: text('hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.providerId, table.hash] }),
    index('used_assertion_expires_at').on(table.expiresAt),
  ],
);
