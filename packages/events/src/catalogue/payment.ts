import { z } from 'zod';
import { defineEvent, foreignId, userId } from './define.ts';

/** A decimal number as text: money does not fit a float. */
const amount = z.union([z.string().regex(/^\d{1,15}(\.\d{1,4})?$/), z.number().nonnegative()]);

export const paymentEvents = [
  defineEvent(
    'payment.received',
    {
      userId,
      paymentId: foreignId,
      amount,
      currency: z.string().regex(/^[A-Z]{3}$/),
    },
    { origin: 'other systems' },
  ),
] as const;
