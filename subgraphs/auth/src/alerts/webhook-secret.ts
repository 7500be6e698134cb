import { createHmac, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { AuthConfig } from '../config.ts';
import { deriveKey } from '../oidc/secrets.ts';

const keyOf = (config: Pick<AuthConfig, 'secret'>) => deriveKey(config.secret, 'webhook secrets');

/** A new key for the signatures of a webhook: as its holder sees it once, and as it is stored. */
export async function newWebhookSecret(
  config: Pick<AuthConfig, 'secret'>,
): Promise<{ secret: string; stored: string }> {
  const secret = `whsec_${randomBytes(32).toString('base64url')}`;
  const stored = await new CompactEncrypt(Buffer.from(secret))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(keyOf(config));
  return { secret, stored };
}

export async function readWebhookSecret(config: Pick<AuthConfig, 'secret'>, stored: string): Promise<string> {
  const { plaintext } = await compactDecrypt(stored, keyOf(config));
  return Buffer.from(plaintext).toString('utf8');
}

/**
 * The headers by which a receiver knows that a body is ours and new: HMAC-SHA-256 of `id.timestamp.body`. The timestamp is
 * that of the attempt; the id stays the same over all of them.
 */
export function signatureHeaders(secret: string, id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('hex');
  return {
    'gatehouse-webhook-id': id,
    'gatehouse-webhook-timestamp': timestamp,
    'gatehouse-webhook-signature': `v1=${signature}`,
  };
}
