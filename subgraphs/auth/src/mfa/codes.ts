import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac } from '../oidc/secrets.ts';

type Config = Pick<AuthConfig, 'secret'>;

/** What people type: blanks and dashes are for the eye. */
export const codeInput = z
  .string()
  .max(64)
  .transform((text) => text.replaceAll(/[\s-]/g, '').toLowerCase());

/** Without what is easily mistaken for another: 32 characters, 5 bits each. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const backupCodeLength = 12;
export const backupCodeCount = 10;

/** 60 bits, in groups. */
function newBackupCode(): string {
  const text = Array.from({ length: backupCodeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return text.match(/.{4}/g)?.join('-') ?? text;
}

export const newBackupCodes = (): string[] => Array.from({ length: backupCodeCount }, newBackupCode);

/** Six digits, for a mail or an SMS. Guessing is stopped by how often one may try. */
export const newShortCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

/** Short codes are stored under a key: their bare hashes could be searched. */
const keyed = (config: Config, purpose: string, userId: string, code: string): string =>
  hmac(deriveKey(config.secret, purpose), `${userId}|${code.replaceAll('-', '')}`);

export const backupCodeHash = (config: Config, userId: string, code: string): string =>
  keyed(config, 'backup codes', userId, code);

export const mailedCodeHash = (config: Config, userId: string, code: string): string =>
  keyed(config, 'mailed second factor codes', userId, code);

export const textedCodeHash = (config: Config, userId: string, code: string): string =>
  keyed(config, 'texted second factor codes', userId, code);

export const phoneCodeHash = (config: Config, userId: string, code: string): string =>
  keyed(config, 'texted phone number codes', userId, code);

/** 256 bits: whoever shows it is not asked for a second factor. */
export const newDeviceToken = (): string => randomBytes(32).toString('base64url');

/** 256 bits: whoever has the id of a challenge is half signed in. */
export const newChallengeId = (): string => randomBytes(32).toString('base64url');
