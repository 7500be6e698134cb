import { z } from 'zod';
import { defineEvent, ipAddress, userId } from './define.ts';

export const authEvents = [
  /** The code of a registration was used: the user subgraph completes it, also after a crash. */
  defineEvent('auth.registration_confirmed', { userId }, { internal: true }),
  /** A second factor no longer counts: its holder is told by mail. */
  defineEvent('auth.factor_removed', { userId, method: z.enum(['totp', 'email']) }, { internal: true }),
  /** Somebody signed in, or proved it was them, with a backup code: its holder is told by mail. */
  defineEvent(
    'auth.backup_code_used',
    { userId, codesLeft: z.number().int().nonnegative(), ipAddress },
    { internal: true },
  ),
] as const;
