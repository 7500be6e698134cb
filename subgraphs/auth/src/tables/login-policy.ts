import { instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { boolean, integer, text } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** How people sign in to a tenant. Null is what the installation has. */
export const loginPolicy = auth.table('login_policy', {
  tenantId: tenantId().primaryKey(),
  selfRegistration: boolean('self_registration'),
  passwordSignIn: boolean('password_sign_in'),
  rememberedDevices: boolean('remembered_devices'),
  sessionIdleSeconds: integer('session_idle_seconds'),
  sessionAbsoluteSeconds: integer('session_absolute_seconds'),
  maxSessions: integer('max_sessions'),
  passwordMinLength: integer('password_min_length'),
  passwordHistory: integer('password_history'),
  passwordMaxAgeDays: integer('password_max_age_days'),
  refuseCommonPasswords: boolean('refuse_common_passwords'),
  breachedPasswordsUrl: text('breached_passwords_url'),
  updatedAt: instant('updated_at').notNull().default(sql`now()`),
});

export type LoginPolicyRow = typeof loginPolicy.$inferSelect;
