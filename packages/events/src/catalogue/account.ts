import { defineEvent, foreignId, userId, word } from './define.ts';

export const accountEvents = [
  defineEvent(
    'account.connected',
    { userId, accountId: foreignId, platform: word },
    { origin: 'other systems' },
  ),
] as const;
