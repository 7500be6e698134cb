import { z } from 'zod';
import { defineEvent, foreignId, ipAddress, timestamp, userId, word } from './define.ts';

export const authEvents = [
  /** The code of a registration was used: the user subgraph completes it, also after a crash. */
  defineEvent('auth.registration_confirmed', { userId }, { internal: true }),
  /** Somebody made an API key: they are told by mail. Nothing of the key but the beginning it is shown by. */
  defineEvent(
    'auth.api_key_created',
    { userId, apiKeyId: foreignId, name: word, start: word, expiresAt: timestamp, ipAddress },
    { internal: true },
  ),
  /** A second factor no longer counts: its holder is told by mail. */
  defineEvent(
    'auth.factor_removed',
    { userId, method: z.enum(['totp', 'email', 'sms']) },
    { internal: true },
  ),
  /** Somebody signed in, or proved it was them, with a backup code: its holder is told by mail. */
  defineEvent(
    'auth.backup_code_used',
    { userId, codesLeft: z.number().int().nonnegative(), ipAddress },
    { internal: true },
  ),
] as const;
