import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, text } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** What an authenticator is asked to sign, once. */
export const passkeyChallenge = auth.table(
  'passkey_challenge',
  {
    /** SHA-256 of the challenge. */
    challengeHash: text('challenge_hash').primaryKey(),
    tenantId: tenantId(),
    /** What it is good for, and for whom: a session, a sign-in that waits, an interaction, or who has a secret. */
    boundTo: text('bound_to').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('passkey_challenge_expires_at').on(table.expiresAt)],
);
