import { CompactEncrypt, compactDecrypt } from 'jose';
import { deriveKey } from './secrets.ts';

/** Text as a JWE (A256GCM) under a key that is derived from AUTH_SECRET for this purpose alone. */
export const encryptAtRest = (secret: string, purpose: string, text: string): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(deriveKey(secret, purpose));

/** Throws when the secret or the purpose is another one. */
export async function decryptAtRest(secret: string, purpose: string, jwe: string): Promise<string> {
  const { plaintext } = await compactDecrypt(jwe, deriveKey(secret, purpose));
  return new TextDecoder().decode(plaintext);
}
