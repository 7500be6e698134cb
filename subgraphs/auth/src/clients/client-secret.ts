import { randomBytes } from 'node:crypto';
import { sha256 } from '../oidc/secrets.ts';

/** A new secret, and what is stored of it. */
export function newClientSecret(): { secret: string; secretHash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, secretHash: sha256(secret) };
}
