import { AuthorizationResponseError, authorizationCodeGrant } from 'openid-client';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { putOutcome, takeAnswer } from '../queries/external-logins.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { ExternalLogin } from '../tables/external-login.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { Tenant } from '../tenants.ts';
import type { ExternalIdentity } from './external-identity.ts';
import { withHealth } from './health.ts';
import { traits } from './kinds.ts';
import { keepIdToken } from './provider-clients.ts';
import { readIdentity } from './read-identity.ts';
import { randomSecret, redirectUriOf, secretsOf } from './start-external-login.ts';

/** How long the outcome waits to be taken. Seconds. */
const codeTtl = 120;

/** What a page of ours is told of a sign-in at a provider: a code, or why there is none. */
export type CallbackOutcome = Pick<ExternalLogin, 'returnTo'> &
  ({ code: string } | { error: 'access_denied' | 'provider_failed' });

/**
 * Takes the answer of a provider: once, in the browser that began, at the address that is this provider's alone. `state`,
 * `nonce`, PKCE and the issuer (RFC 9207) are checked by openid-client, the ID token by its signature. INVALID_CODE for an
 * answer that nobody waits for.
 */
export async function takeCallback(
  services: Services,
  tenant: Tenant,
  providerId: string,
  answer: { parameters: URLSearchParams; state: string; browserSecret: string },
): Promise<CallbackOutcome> {
  const { db } = services.database;
  const { state } = answer;
  const login = await takeAnswer(db, {
    stateHash: sha256(state),
    tenantId: tenant.id,
    providerId,
    browserHash: sha256(answer.browserSecret),
  });
  const provider = login && (await findIdentityProvider(db, tenant.id, providerId));
  if (!login || !provider?.enabled) throw invalidCode();
  const { returnTo, stateHash } = login;
  try {
    const identity = await withHealth(services, provider, () => exchange(services, tenant, provider, answer));
    const code = randomSecret();
    await putOutcome(db, stateHash, { codeHash: sha256(code), identity }, codeTtl);
    return { returnTo, code };
  } catch (error) {
    const denied = error instanceof AuthorizationResponseError && error.error === 'access_denied';
    return { returnTo, error: denied ? 'access_denied' : 'provider_failed' };
  }
}

async function exchange(
  services: Services,
  tenant: Tenant,
  provider: IdentityProvider,
  { parameters, state }: { parameters: URLSearchParams; state: string },
): Promise<ExternalIdentity> {
  const client = await services.providerClients.of(provider);
  const { verifier, nonce } = secretsOf(services.config, state);
  const isOpenid = traits[provider.kind].protocol === 'openid';
  const url = new URL(`${redirectUriOf(tenant, provider)}?${parameters}`);
  const tokens = await authorizationCodeGrant(client, url, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    ...(isOpenid && { expectedNonce: nonce, idTokenExpected: true }),
  });
  const identity = await readIdentity(services, provider, tokens);
  const idTokenJwe = tokens.id_token && (await keepIdToken(services.config, tokens.id_token));
  return { ...identity, ...(idTokenJwe && { idTokenJwe }) };
}
