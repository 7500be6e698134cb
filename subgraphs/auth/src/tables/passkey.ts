import { tenantId } from '@gatehouse/data/columns';
import { bigint, boolean, index, text, unique, uuid } from 'drizzle-orm/pg-core';
import { mfaFactor } from './mfa-factor.ts';
import { auth } from './schema.ts';

/** What a factor of the kind `passkey` is: a public key whose private half an authenticator keeps (WebAuthn § 4). */
export const passkey = auth.table(
  'passkey',
  {
    factorId: uuid('factor_id')
      .primaryKey()
      .references(() => mfaFactor.id, { onDelete: 'cascade' }),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    /** What the authenticator calls it: base64url. */
    credentialId: text('credential_id').notNull(),
    /** COSE_Key (RFC 9052), base64url. */
    publicKey: text('public_key').notNull(),
    /** Signatures so far; 0 for authenticators that do not count. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    /** How browsers reach it. */
    transports: text('transports').array().notNull(),
    /** Whether a provider may keep copies of it, and does (WebAuthn § 6.1.3). */
    backupEligible: boolean('backup_eligible').notNull(),
    backedUp: boolean('backed_up').notNull(),
    /** What its holder calls it. */
    name: text('name').notNull(),
  },
  (table) => [
    unique('passkey_credential').on(table.tenantId, table.credentialId),
    index('passkey_user').on(table.userId),
  ],
);

export type Passkey = typeof passkey.$inferSelect;
