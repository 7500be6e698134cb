import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** How a user signs in here, and what failed sign-ins did to it; the row that whatever changes their ways in is in line by. */
export const credential = auth.table('credential', {
  userId: uuid('user_id').primaryKey(),
  tenantId: tenantId(),
  /** Null for whom only a provider signs in. */
  passwordHash: text('password_hash'),
  changedAt: instant('changed_at').notNull().defaultNow(),
  failedAttempts: integer('failed_attempts').notNull().default(0),
  lastFailedAt: instant('last_failed_at'),
  lockedUntil: instant('locked_until'),
  /** Locks in a row; each is longer than the one before. */
  lockouts: integer('lockouts').notNull().default(0),
  /** The same for attempts from where the account has signed in before: what strangers do locks nobody out there. */
  familiarFailedAttempts: integer('familiar_failed_attempts').notNull().default(0),
  familiarLastFailedAt: instant('familiar_last_failed_at'),
  familiarLockedUntil: instant('familiar_locked_until'),
  familiarLockouts: integer('familiar_lockouts').notNull().default(0),
  lastLoginAt: instant('last_login_at'),
  createdAt: createdAt(),
});

export type Credential = typeof credential.$inferSelect;

/** A password hashed for a registration under way; it becomes the credential when the user is there. */
export const preparedPassword = auth.table(
  'prepared_password',
  {
    id: uuid('id').primaryKey(),
    passwordHash: text('password_hash').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('prepared_password_expires_at').on(table.expiresAt)],
);
