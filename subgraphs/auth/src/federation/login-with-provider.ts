import { type GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { genericGrantRequest, ResponseBodyError } from 'openid-client';
import { z } from 'zod';
import { countFailureFrom } from '../addresses/count-failure.ts';
import { invalidCredentials } from '../check-password.ts';
import { limitSignIns } from '../interactions/limit-sign-ins.ts';
import { passwordInput } from '../login.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import type { Services } from '../services.ts';
import type { LoginResult } from '../sessions/sign-in.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import type { ExternalIdentity } from './external-identity.ts';
import type { EmailRequired } from './external-sign-up.ts';
import { findEnabledProvider, noProvider } from './find-provider.ts';
import { providerUnavailable, withHealth } from './health.ts';
import { readIdentity } from './read-identity.ts';
import { signInExternally } from './sign-in-externally.ts';

const passwordRealmGrant = 'http://auth0.com/oauth/grant-type/password-realm';

const input = z.object({
  providerId: z.uuid(),
  username: z
    .string()
    .trim()
    .min(1)
    .max(320)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters'),
  password: passwordInput,
  deviceToken: z.string().max(512).nullish(),
});

/**
 * Signs in with a password that a provider knows: it is passed on and nowhere kept (RFC 6749 §4.3, with scope `openid`), and
 * the ID token that comes back is verified. INVALID_CREDENTIALS for whatever the provider refuses, and past the limit of
 * tries without asking it; PROVIDER_UNAVAILABLE, ACCOUNT_NOT_LINKED, NOT_FOUND, RATE_LIMITED.
 */
export async function loginWithProvider(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult | EmailRequired> {
  const { providerId, username, password, deviceToken } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  await limitSignIns(services, client);
  const issuer = await services.issuers.of(tenant);
  const provider = await findEnabledProvider(services, tenant.id, providerId);
  if (!provider.passwordLogin) throw noProvider();
  const identity = await askForIdentity(services, provider, { username, password }, client);
  return signInExternally(services, {
    issuer,
    provider,
    identity,
    client,
    deviceToken: deviceToken ?? undefined,
  });
}

async function askForIdentity(
  services: Services,
  provider: IdentityProvider,
  { username, password }: { username: string; password: string },
  client: ClientInfo,
): Promise<ExternalIdentity> {
  const { lockoutAttempts, lockoutSeconds } = services.config;
  // Counted before the provider is asked: parallel guesses are in line.
  const key = `provider-login:${provider.id}:${sha256(username.toLowerCase())}`;
  const attempts = await services.keyValue.increment(key, { ttlSeconds: lockoutSeconds });
  if (attempts > lockoutAttempts) throw await refused(services, provider, username, client);
  const { passwordRealm, scopes } = provider;
  try {
    const identity = await withHealth(services, provider, async () => {
      const configuration = await services.providerClients.of(provider);
      const tokens = await genericGrantRequest(
        configuration,
        passwordRealm === null ? 'password' : passwordRealmGrant,
        {
          username,
          password,
          scope: scopes.join(' '),
          ...(passwordRealm !== null && { realm: passwordRealm }),
        },
      );
      return readIdentity(services, provider, tokens);
    });
    await services.keyValue.delete([key]);
    return identity;
  } catch (error) {
    if (error instanceof ResponseBodyError && ['invalid_grant', 'access_denied'].includes(error.error)) {
      throw await refused(services, provider, username, client);
    }
    // Nobody has looked at the password.
    throw providerUnavailable();
  }
}

async function refused(
  services: Services,
  provider: IdentityProvider,
  username: string,
  client: ClientInfo,
): Promise<GatehouseError> {
  const { tenantId } = provider;
  const { ipAddress } = client;
  await inUnitOfWork(services, async (unit) => {
    await countFailureFrom(services, unit, { tenantId, ipAddress, account: username });
    unit.securityEvent({
      tenantId,
      type: 'LOGIN_FAILED',
      userId: null,
      origin: originOf(client),
      details: { providerId: provider.id, provider: provider.name },
    });
  });
  return invalidCredentials();
}
