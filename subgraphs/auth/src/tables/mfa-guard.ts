import { instant, tenantId } from '@gatehouse/data/columns';
import { integer, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Wrong codes of an account, over all its sign-ins, sessions and methods, and what they led to. */
export const mfaGuard = auth.table('mfa_guard', {
  userId: uuid('user_id').primaryKey(),
  tenantId: tenantId(),
  failedAttempts: integer('failed_attempts').notNull(),
  lastFailedAt: instant('last_failed_at').notNull(),
  lockedUntil: instant('locked_until'),
  /** Locks in a row; each is longer than the one before. */
  lockouts: integer('lockouts').notNull().default(0),
});
