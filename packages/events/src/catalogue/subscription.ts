import { z } from 'zod';
import { defineEvent, userId, word } from './define.ts';

export const subscriptionEvents = [
  defineEvent(
    'subscription.updated',
    { userId, plan: word, features: z.array(word).max(200) },
    { origin: 'other systems' },
  ),
] as const;
