import { randomBytes } from 'node:crypto';
import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac, sha256 } from '../oidc/secrets.ts';
import { insertSignUp } from '../queries/external-sign-ups.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { ExternalIdentity } from './external-identity.ts';

/** A sign-in by a provider that tells no address: with this id one is named and confirmed, which makes the account. */
export type EmailRequired = { signUpId: string; expiresAt: Date };

/** How long naming and confirming may take. */
const lifeMs = 600_000;

/** Keeps who a provider has vouched for, until they have confirmed an address. At the pages it belongs to the interaction. */
export async function startSignUp(
  services: Pick<Services, 'database'>,
  provider: IdentityProvider,
  identity: ExternalIdentity,
  interactionUid: string | null = null,
): Promise<EmailRequired> {
  const signUpId = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Date.now() + lifeMs);
  await insertSignUp(services.database.db, {
    idHash: sha256(signUpId),
    tenantId: provider.tenantId,
    providerId: provider.id,
    interactionUid,
    identity,
    expiresAt,
  });
  return { signUpId, expiresAt };
}

/** The six digits of a request; derived, so that a mail that is prepared again after a crash holds the same ones. */
export function signUpCode({ secret }: Pick<AuthConfig, 'secret'>, requestId: string): string {
  const bytes = Buffer.from(hmac(deriveKey(secret, 'sign-ups by providers'), requestId), 'base64url');
  return String(Number(bytes.readBigUInt64BE() % 1_000_000n)).padStart(6, '0');
}
