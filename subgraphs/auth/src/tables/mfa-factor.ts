import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { bigint, index, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/**
 * A second factor of an account; it counts once it is confirmed. What only one kind needs is null for the others. Of an
 * authenticator app, of e-mail and of SMS an account has one each; of passkeys it may have several, and `passkey` says what
 * they are.
 */
export const mfaFactor = auth.table(
  'mfa_factor',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    kind: text('kind', { enum: ['totp', 'email', 'sms', 'passkey'] }).notNull(),
    /** Of an authenticator app: its secret as a JWE under AUTH_SECRET. */
    secretJwe: text('secret_jwe'),
    /** The last time step whose code was used (RFC 6238 § 5.2: a code is good once). */
    lastUsedStep: bigint('last_used_step', { mode: 'number' }),
    /** Of SMS: where codes go, E.164. */
    phoneNumber: text('phone_number'),
    /** Of e-mail and SMS: the code that was sent last to somebody signed in, as an HMAC. */
    codeHash: text('code_hash'),
    codeExpiresAt: instant('code_expires_at'),
    createdAt: createdAt(),
    confirmedAt: instant('confirmed_at'),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    uniqueIndex('mfa_factor_kind').on(table.userId, table.kind).where(sql`kind in ('totp', 'email', 'sms')`),
    index('mfa_factor_user').on(table.userId),
  ],
);

export type MfaFactor = typeof mfaFactor.$inferSelect;
export type FactorKind = MfaFactor['kind'];
