import { createRequire } from 'node:module';
import { z } from 'zod';

type PhoneNumbers = typeof import('libphonenumber-js/mobile');
const require = createRequire(import.meta.url);
let loaded: PhoneNumbers | undefined;

/** Loaded for the first number: most processes never see one. */
const phoneNumbers = (): PhoneNumbers => {
  loaded ??= require('libphonenumber-js/mobile') as PhoneNumbers;
  return loaded;
};

export type PhoneNumber = {
  /** E.164: `+491511234567` */
  number: string;
  /** ISO 3166-1 alpha-2; null for a calling code that no country has for itself. */
  country: string | null;
};

/**
 * Reads a mobile number as people write it, in international form. Null for anything else: without `+` and country, with an
 * extension, a landline, a premium rate, a number that no operator gives out.
 */
export function readPhoneNumber(text: string): PhoneNumber | null {
  const trimmed = text.trim();
  const found = phoneNumbers().parsePhoneNumberFromString(trimmed, { extract: false });
  if (!found?.isValid() || found.ext || !trimmed.startsWith('+')) return null;
  return { number: found.number, country: found.country ?? null };
}

/** Whether this is what ISO 3166-1 calls a country that has phone numbers. */
export const isCountry = (code: string): boolean => phoneNumbers().isSupportedCountry(code);

/** A field of an input that holds a mobile number. */
export const phoneNumberField = z
  .string()
  .max(40)
  .transform((text, context) => {
    const read = readPhoneNumber(text);
    if (read) return read;
    context.addIssue({ code: 'custom', message: 'must be a mobile number in international form' });
    return z.NEVER;
  });

/** An E.164 number, already read: `+` and up to 15 digits (ITU-T E.164 § 6). */
export const e164Field = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number as of E.164');

/** Enough to recognise one's own number by: `+49 ••• ••12`. */
export function maskPhoneNumber(number: string): string {
  const callingCode = phoneNumbers().parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
  return `+${callingCode} ••• ••${number.slice(-2)}`;
}
