import { createHmac, hash, hkdfSync, type KeyObject } from 'node:crypto';

/** One secret, several uses: a key for each, so that none tells about another (HKDF, RFC 5869). */
export const deriveKey = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, 'gatehouse', purpose, 32));

export const sha256 = (text: string): string => hash('sha256', text, 'base64url');

export const hmac = (key: Uint8Array | KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');
