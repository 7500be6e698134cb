import { createHash } from 'node:crypto';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { takeOutcome } from '../queries/external-logins.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { LoginResult } from '../sessions/sign-in.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { ExternalIdentity } from './external-identity.ts';
import type { EmailRequired } from './external-sign-up.ts';
import { signInExternally } from './sign-in-externally.ts';

export const codeInput = {
  code: z.string().max(512),
  /** RFC 7636 §4.1. */
  codeVerifier: z.string().regex(/^[\w.~-]{43,128}$/, 'must be 43 to 128 unreserved characters'),
};

const input = z.object({ ...codeInput, deviceToken: z.string().max(512).nullish() });

/**
 * Signs in with the code that a sign-in at a provider came back with. INVALID_CODE for one that is unknown, used, expired or
 * another tenant's, or without the verifier of whoever began; ACCOUNT_NOT_LINKED, INVALID_CREDENTIALS.
 */
export async function completeExternalLogin(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult | EmailRequired> {
  const { deviceToken, ...given } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  const issuer = await services.issuers.of(tenant);
  const { provider, identity } = await takeExternalLogin(services, tenant.id, given);
  return signInExternally(services, {
    issuer,
    provider,
    identity,
    client,
    deviceToken: deviceToken ?? undefined,
  });
}

type Outcome = { provider: IdentityProvider; identity: ExternalIdentity };

/** Who somebody has proved to be at a provider; the code is used up. INVALID_CODE. */
export async function takeExternalLogin(
  services: Services,
  tenantId: string,
  { code, codeVerifier }: { code: string; codeVerifier: string },
): Promise<Outcome> {
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  return outcomeOf(services, tenantId, code, { codeChallenge });
}

/** The same within an interaction, whose browser began it. */
export const takeInteractionLogin = (
  services: Services,
  tenantId: string,
  { code, interactionUid }: { code: string; interactionUid: string },
): Promise<Outcome> => outcomeOf(services, tenantId, code, { interactionUid });

async function outcomeOf(
  services: Services,
  tenantId: string,
  code: string,
  bound: { codeChallenge: string } | { interactionUid: string },
): Promise<Outcome> {
  const { db } = services.database;
  const outcome = await takeOutcome(db, { tenantId, codeHash: sha256(code), ...bound });
  const provider = outcome && (await findIdentityProvider(db, tenantId, outcome.providerId));
  if (!outcome || !provider?.enabled) throw invalidCode();
  return { provider, identity: outcome.identity };
}
