import { problemOfUrl } from '@gatehouse/service-kit/outgoing';
import { z } from 'zod';
import type { SecurityEventType } from '../../generated/resolvers.ts';
import { severities } from '../security-events/security-event.ts';

const types = Object.keys(severities) as [SecurityEventType, ...SecurityEventType[]];
const day = 86_400;

/** The fields of a rule; `allowPrivate` lets webhooks be http and private, for development. */
export const ruleFields = (allowPrivate: boolean) => ({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters'),
  types: z
    .array(z.enum(types))
    .max(100)
    .transform((given) => [...new Set(given)]),
  minSeverity: z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
  threshold: z.int().min(1, 'must be at least 1').max(1_000, 'must be at most 1000'),
  windowSeconds: z.int().min(10, 'must be at least 10').max(day, `must be at most ${day}`),
  mailTo: z
    .array(z.uuid())
    .max(50, 'are too many')
    .transform((given) => [...new Set(given)]),
  webhookUrl: z
    .string()
    .max(2_000)
    .superRefine((url, context) => {
      const problem = problemOfUrl(url, { allowPrivate });
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
});
