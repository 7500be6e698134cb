import { z } from 'zod';

/** A name that people give to a thing of theirs. */
export const nameField = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters');

/** Permission names, each once. */
export const scopesField = z
  .array(z.string().regex(/^[a-z][a-z0-9-]{0,49}:[a-z][a-z0-9-]{0,49}$/, 'must be a permission name'))
  .min(1)
  .max(100)
  .transform((scopes) => [...new Set(scopes)].sort());
