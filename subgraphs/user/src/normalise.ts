import { domainToASCII } from 'node:url';
import emailValidator from 'validator/lib/isEmail.js';

/** What normalising answers: the value to keep and its key, or why it is refused. */
export type Normalised = { value: string; key: string } | { problem: string };

/** RFC 5321 §4.5.3.1.3: a path has 256 octets with its angle brackets. */
const maxEmailLength = 254;

/** Control, format (bidi, zero-width), private, unassigned characters, lone surrogates, line separators. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u;
/** The joiners that Persian, Arabic and Indic names are written with. */
const joiners = /(?<=\p{L}\p{M}*)[\u200c\u200d](?=\p{L})/gu;

const length = (text: string) => [...text].length;

/** Unicode case folding without a table: `ß` = `ss`, `Σ` = `σ` = `ς`. */
export const foldCase = (text: string) =>
  text.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');

/** An address as it is mailed to; its key ignores case and how an international domain was spelt. */
export function normaliseEmail(input: string): Normalised {
  const text = input.trim().normalize('NFKC').normalize('NFC');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const domain = domainToASCII(text.slice(at + 1)).toLowerCase();
  const key = `${local.toLowerCase().normalize('NFC')}@${domain}`;
  const valid =
    at > 0 &&
    domain !== '' &&
    !unseen.test(text) &&
    Buffer.byteLength(key) <= maxEmailLength &&
    emailValidator.default(`${local}@${domain}`, { blacklisted_chars: '"' });
  if (!valid) return { problem: 'is not an e-mail address' };
  return { value: `${local}@${text.slice(at + 1).toLowerCase()}`, key };
}

const usernameShape = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]*$/u;
/** Scripts whose letters look alike: a name in two of them is made to be mistaken for another. */
const lookalikes = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u];

/** 3 to 64 letters, digits, `.`, `_`, `-`, beginning with a letter or digit; never shaped like an address. */
export function normaliseUsername(input: string): Normalised {
  const value = input.trim().normalize('NFKC');
  const count = length(value);
  if (count < 3 || count > 64) return { problem: 'must have 3 to 64 characters' };
  if (!usernameShape.test(value)) {
    return { problem: 'may hold letters, digits, ".", "_" and "-", and begins with a letter or digit' };
  }
  if (lookalikes.filter((script) => script.test(value)).length > 1) {
    return { problem: 'may not mix Latin, Greek and Cyrillic letters' };
  }
  return { value, key: foldCase(value) };
}

/** A first or last name in any script: 1 to 100 characters on one line. */
export function normaliseName(input: string): Normalised {
  const value = input.trim().normalize('NFC').replace(/ +/gu, ' ');
  const count = length(value);
  if (count < 1 || count > 100) return { problem: 'must have 1 to 100 characters' };
  if (unseen.test(value.replaceAll(joiners, ''))) return { problem: 'holds characters that are not allowed' };
  return { value, key: searchKey(value) };
}

/** What search and order go by: case and accents don't matter, so that `muller` finds `Müller` and sorts beside it. */
export const searchKey = (text: string): string =>
  foldCase(text.normalize('NFKD').replace(/[\u0300-\u036f]/gu, '')).normalize('NFC');

/** Free text such as a reason or a description; line breaks are allowed. */
export function normaliseText(input: string, max: number): Normalised {
  const value = input.trim().normalize('NFC').replaceAll('\r\n', '\n');
  if (length(value) > max) return { problem: `must have at most ${max} characters` };
  if (unseen.test(value.replaceAll(/[\n\t]/gu, '').replaceAll(joiners, ''))) {
    return { problem: 'holds characters that are not allowed' };
  }
  return { value, key: value };
}

/** A language tag in its canonical form (BCP 47). */
export function normaliseLocale(input: string): Normalised {
  try {
    const [value = ''] = Intl.getCanonicalLocales(input.trim());
    if (value !== '' && value.length <= 35) return { value, key: value };
  } catch {
    // Not a language tag.
  }
  return { problem: 'is not a language tag (BCP 47)' };
}

/** An IANA time zone in its usual spelling; offsets such as `+01:00` are none. */
export function normaliseTimeZone(input: string): Normalised {
  try {
    const zone = input.trim();
    if (!/^[a-z]/i.test(zone)) throw new RangeError(zone);
    const value = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
    return { value, key: value };
  } catch {
    return { problem: 'is not an IANA time zone' };
  }
}

/** The key an identifier typed at login is looked up by. An unusable one is simply nobody's. */
export function loginKey(identifier: string): { kind: 'email' | 'username'; key: string } | null {
  if (identifier.length > 1_000) return null;
  const kind = identifier.includes('@') ? 'email' : 'username';
  const result = kind === 'email' ? normaliseEmail(identifier) : normaliseUsername(identifier);
  return 'problem' in result ? null : { kind, key: result.key };
}
