import { z } from 'zod';

/** Control, format and private characters, and what turns the direction of text around, make one name look like another. */
const deceptive = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/** What somebody calls a device; null gives it its own name back. */
export const deviceName = z
  .string()
  .max(400, 'is too long')
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1, 'must not be empty')
      .max(80, 'must have at most 80 characters')
      .refine((text) => !deceptive.test(text), 'holds characters that are not allowed'),
  )
  .nullable();
