import { z } from 'zod';
import { actor, defineEvent, foreignId, ipAddress, sentence, userId, word } from './define.ts';

/** How a user signs in, and what happens to the means of it. */
export const userAccessEvents = [
  defineEvent('user.login', {
    userId,
    loginMethod: z.enum(['password', 'telegram', 'oauth', 'passkey', 'sso']),
    ipAddress,
    userAgent: sentence.nullable(),
    sessionId: foreignId,
  }),
  defineEvent('user.logout', {
    userId,
    sessionId: foreignId,
    logoutType: z.enum(['manual', 'timeout', 'forced']),
  }),
  defineEvent('user.password_changed', {
    userId,
    changedBy: actor,
    securityLevel: z.enum(['user', 'admin', 'system']),
  }),
  defineEvent('user.telegram_linked', { userId, telegramId: foreignId, telegramUsername: word.nullable() }),
  defineEvent('user.oauth_connected', {
    userId,
    provider: word,
    /** OpenID Connect Core §2. */
    providerUserId: z.string().min(1).max(255),
    scopes: z.array(word),
  }),
  defineEvent('user.security_violation', {
    userId,
    violationType: word,
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    details: z.record(word, z.json()),
  }),
  defineEvent('user.mfa_enabled', {
    userId,
    mfaMethod: z.enum(['totp', 'sms', 'email', 'passkey']),
    backupCodesGenerated: z.boolean(),
  }),
] as const;
