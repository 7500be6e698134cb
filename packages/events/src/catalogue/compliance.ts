import { z } from 'zod';
import { defineEvent, userId, word } from './define.ts';

export const complianceEvents = [
  defineEvent(
    'compliance.violation',
    {
      userId,
      violationType: word,
      severity: z.enum(['low', 'medium', 'high', 'critical']),
    },
    { origin: 'other systems' },
  ),
] as const;
