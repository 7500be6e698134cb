import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, integer, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { ExternalIdentity } from '../federation/external-identity.ts';
import { identityProvider } from './identity-provider.ts';
import { auth } from './schema.ts';

/** Somebody whom a provider has vouched for without an address, and who has to name and confirm one to get an account. */
export const externalSignUp = auth.table(
  'external_sign_up',
  {
    /** SHA-256 of the id that whoever began it holds. */
    idHash: text('id_hash').primaryKey(),
    tenantId: tenantId(),
    providerId: uuid('provider_id')
      .notNull()
      .references(() => identityProvider.id, { onDelete: 'cascade' }),
    /** Where it is one of an interaction, which finds it by this. */
    interactionUid: text('interaction_uid'),
    identity: jsonb('identity').$type<ExternalIdentity>().notNull(),
    /** The address they named last, and what the code that was mailed there is derived from. */
    email: text('email'),
    requestId: uuid('request_id'),
    /** Codes that were tried, of all that were mailed. */
    attempts: integer('attempts').notNull().default(0),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('external_sign_up_interaction').on(table.interactionUid),
    uniqueIndex('external_sign_up_request').on(table.requestId),
    index('external_sign_up_expires_at').on(table.expiresAt),
  ],
);

export type ExternalSignUp = typeof externalSignUp.$inferSelect;
