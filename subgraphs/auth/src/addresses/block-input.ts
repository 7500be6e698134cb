import { canonicalRange, lengthOfRange } from '@gatehouse/service-kit';
import { z } from 'zod';

/** Blocks of a tenant: every process holds all of them in memory. */
export const maxBlocks = 10_000;

/** No block is wider: it would rather be a mistake. */
const shortest = { 32: 8, 128: 16 };

/** An address or range, in canonical CIDR notation. */
const range = z
  .string()
  .trim()
  .max(50)
  .transform((text, context) => {
    const canonical = canonicalRange(text);
    const length = canonical && lengthOfRange(canonical);
    if (canonical && length && length.prefix >= shortest[length.of]) return canonical;
    const message = canonical
      ? `must have ${shortest[32]} bits at least, ${shortest[128]} of IPv6`
      : 'must be an IP address or a CIDR range';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

export const blockInput = z.object({
  address: range,
  reason: z.string().trim().min(1).max(200).nullish(),
  expiresAt: z
    .date()
    .refine((date) => date.getTime() > Date.now(), 'must lie in the future')
    .nullish(),
  everywhere: z.boolean().nullish(),
  force: z.boolean().nullish(),
});
