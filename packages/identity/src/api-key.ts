import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What every key begins with: it tells a key from a token, and lets scanners for leaked secrets find one. */
export const apiKeyPrefix = 'gh_live_';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 190 bits. */
const randomLength = 32;
/** 62^6 is more than 2^32. */
const checksumLength = 6;
const shape = /^gh_live_[0-9A-Za-z]{38}$/;

/** A new key: `gh_live_`, 32 random characters, and six that are the CRC-32 of all before them, in base 62. */
export function newApiKey(): string {
  const random = Array.from({ length: randomLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  const text = apiKeyPrefix + random;
  return text + checksumOf(text);
}

/** Whether a text is a whole key, its checksum included: a mistyped or cut one is told without looking anywhere. */
export function isApiKey(text: string): boolean {
  if (!shape.test(text)) return false;
  return text.slice(-checksumLength) === checksumOf(text.slice(0, -checksumLength));
}

/** As much of a key as is stored and shown, for people to tell theirs apart: 24 of its 190 bits. */
export const apiKeyStart = (key: string): string => key.slice(0, apiKeyPrefix.length + 4);

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let n = 0; n < checksumLength; n++) {
    digits = alphabet[rest % alphabet.length] + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}
