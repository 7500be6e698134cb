import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core';
import type { Risk } from '../risk/risk.ts';
import type { ExternalSession } from './external-session.ts';
import { auth } from './schema.ts';

/** A sign-in whose first step was good and that waits for a second factor. Whoever has its id is half signed in. */
export const mfaChallenge = auth.table(
  'mfa_challenge',
  {
    /** SHA-256 of the id that the client holds. */
    idHash: text('id_hash').primaryKey(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    /** What it waits for: a code of a factor, or the first factor at all. */
    purpose: text('purpose', { enum: ['verify', 'enrol'] }).notNull(),
    /** Of a sign-in at the pages of the provider: the interaction, whose browser answers it; nobody else has its id. */
    interactionId: text('interaction_id'),
    /** What was proved so far (RFC 8176). */
    amr: text('amr').array().notNull(),
    /** Asked of an account without a factor, for the risk: a code mailed to its address is the answer. */
    mailed: boolean('mailed').notNull().default(false),
    /** What the sign-in looked like. */
    risk: jsonb('risk').$type<Risk>(),
    /** Of a sign-in at a provider. */
    external: jsonb('external').$type<ExternalSession>(),
    attempts: integer('attempts').notNull().default(0),
    /** The code sent last for this challenge, as an HMAC. */
    codeHash: text('code_hash'),
    codeExpiresAt: instant('code_expires_at'),
    codesSent: integer('codes_sent').notNull().default(0),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    consumedAt: instant('consumed_at'),
  },
  (table) => [
    index('mfa_challenge_user').on(table.userId),
    index('mfa_challenge_interaction').on(table.interactionId).where(sql`interaction_id is not null`),
    index('mfa_challenge_expires_at').on(table.expiresAt),
  ],
);

export type MfaChallengeRow = typeof mfaChallenge.$inferSelect;
export type ChallengePurpose = MfaChallengeRow['purpose'];
