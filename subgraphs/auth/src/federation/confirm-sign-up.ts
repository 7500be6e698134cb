import { timingSafeEqual } from 'node:crypto';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { codeInput } from '../mfa/codes.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import { sha256 } from '../oidc/secrets.ts';
import { countSignUpAttempt, type SignUpKey, takeSignUp } from '../queries/external-sign-ups.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { LoginResult } from '../sessions/sign-in.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { notLinked } from './admit.ts';
import type { ExternalIdentity } from './external-identity.ts';
import { signUpCode } from './external-sign-up.ts';
import { signInExternally } from './sign-in-externally.ts';

const input = z.object({
  signUpId: z.string().max(512),
  code: codeInput,
  deviceToken: z.string().max(512).nullish(),
});

/** Wrong codes that one sign-up survives, whichever address they were mailed to. */
const mostAttempts = 10;

/**
 * Makes the account of who has confirmed the address that they named, and signs in. INVALID_CODE for a wrong code, past ten, and
 * for a sign-up that is used, expired or another tenant's; ACCOUNT_NOT_LINKED when the address is somebody's or nobody signs up
 * any more; RATE_LIMITED.
 */
export async function confirmSignUp(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult> {
  const { signUpId, code, deviceToken } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  const issuer = await services.issuers.of(tenant);
  const key = { tenantId: tenant.id, idHash: sha256(signUpId) };
  const { provider, identity } = await takeConfirmedSignUp(services, key, { code, client });
  const result = await signInExternally(services, {
    issuer,
    provider,
    identity,
    client,
    deviceToken: deviceToken ?? undefined,
    confirmed: true,
  });
  if ('signUpId' in result) throw notLinked();
  return result;
}

/** Who somebody is at the provider, with the address that they have confirmed to us; the sign-up is used up. */
export async function takeConfirmedSignUp(
  services: Services,
  key: SignUpKey,
  { code, client }: { code: string; client: ClientInfo },
): Promise<{ provider: IdentityProvider; identity: ExternalIdentity }> {
  await limitAttempts(services, client);
  const { db } = services.database;
  const tried = await countSignUpAttempt(db, key, mostAttempts);
  if (!tried?.requestId || !isSame(code, signUpCode(services.config, tried.requestId))) throw invalidCode();
  const taken = await takeSignUp(db, key, tried.requestId);
  const provider = taken && (await findIdentityProvider(db, key.tenantId, taken.providerId));
  if (!taken?.email || !provider?.enabled) throw invalidCode();
  return { provider, identity: { ...taken.identity, email: taken.email } };
}

const isSame = (given: string, code: string): boolean =>
  Buffer.byteLength(given) === code.length && timingSafeEqual(Buffer.from(given), Buffer.from(code));
