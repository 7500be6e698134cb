import { z } from 'zod';
import { defineEvent, foreignId, timestamp, userId, word } from './define.ts';

export const authEvents = [
  /** The code of a registration was used: the user subgraph completes it, also after a crash. */
  defineEvent('auth.registration_confirmed', { userId }, { internal: true }),
  /** Somebody made an API key: they are told by mail. Nothing of the key but the beginning it is shown by. */
  defineEvent(
    'auth.api_key_created',
    {
      userId,
      apiKeyId: foreignId,
      name: word,
      start: word,
      expiresAt: timestamp,
      ipAddress: z.union([z.ipv4(), z.ipv6()]).nullable(),
    },
    { internal: true },
  ),
] as const;
