import { createHash, randomBytes } from 'node:crypto';
import { badInput, readInput } from '@gatehouse/service-kit';
import { buildAuthorizationUrl } from 'openid-client';
import { z } from 'zod';
import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac, sha256 } from '../oidc/secrets.ts';
import { insertExternalLogin } from '../queries/external-logins.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { issuerOf, type Tenant } from '../tenants.ts';
import { noProvider } from './find-provider.ts';
import { providerUnavailable, withHealth } from './health.ts';
import { traits } from './kinds.ts';

/** How long somebody may take at the provider. Seconds. */
export const loginTtl = 600;

export const randomSecret = (): string => randomBytes(32).toString('base64url');

/** One address of ours for each provider: an answer can't be taken for another's (RFC 9700 §4.4.2). */
export const redirectUriOf = (tenant: Pick<Tenant, 'publicUrl'>, { id }: Pick<IdentityProvider, 'id'>) =>
  `${issuerOf(tenant)}/federation/${id}/callback`;

/** What belongs to a `state` and is not stored: whoever reads the database can't answer in anybody's place. */
export function secretsOf({ secret }: Pick<AuthConfig, 'secret'>, state: string) {
  const key = deriveKey(secret, 'sign-ins at providers');
  return { verifier: hmac(key, `verifier|${state}`), nonce: hmac(key, `nonce|${state}`) };
}

const input = z.object({
  /** RFC 7636 §4.2, S256. */
  code_challenge: z.string().regex(/^[\w-]{43}$/, 'must be the S256 challenge of a verifier'),
  return_to: z.string().max(1_000),
});

/** Who began: a script of ours that keeps a verifier, or an interaction of the provider. */
export type Beginning =
  | { codeChallenge: string; returnTo: string }
  | { interactionUid: string; returnTo: string };

/** BAD_USER_INPUT unless it comes back to a page of the tenant, with a challenge. */
export function readBeginning(tenant: Tenant, parameters: URLSearchParams): Beginning {
  const given = readInput(input, Object.fromEntries(parameters));
  const home = new URL(tenant.publicUrl);
  const target = URL.parse(given.return_to, home.href);
  const isPath = /^\/(?![/\\])/.test(given.return_to);
  if (!isPath || target?.origin !== home.origin) {
    throw badInput({ path: 'return_to', message: 'must be a path of this host' });
  }
  return { codeChallenge: given.code_challenge, returnTo: `${target.pathname}${target.search}` };
}

/**
 * Begins a sign-in at a provider: where the browser goes, and what it keeps in a cookie until it is back. NOT_FOUND for a
 * provider without redirects; PROVIDER_UNAVAILABLE.
 */
export async function startExternalLogin(
  services: Services,
  tenant: Tenant,
  provider: IdentityProvider,
  beginning: Beginning,
): Promise<{ url: URL; state: string; browserSecret: string }> {
  const { protocol } = traits[provider.kind];
  if (protocol === 'payload') throw noProvider();
  const client = await withHealth(services, provider, () => services.providerClients.of(provider)).catch(
    () => {
      throw providerUnavailable();
    },
  );
  const [state, browserSecret] = [randomSecret(), randomSecret()];
  const { verifier, nonce } = secretsOf(services.config, state);
  const url = buildAuthorizationUrl(client, {
    redirect_uri: redirectUriOf(tenant, provider),
    scope: provider.scopes.join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(protocol === 'openid' && { nonce }),
  });
  const isWeb = url.protocol === 'https:' || (services.config.outgoingPrivate && url.protocol === 'http:');
  if (!isWeb) throw providerUnavailable();
  await insertExternalLogin(
    services.database.db,
    {
      stateHash: sha256(state),
      tenantId: tenant.id,
      providerId: provider.id,
      browserHash: sha256(browserSecret),
      codeChallenge: 'codeChallenge' in beginning ? beginning.codeChallenge : null,
      interactionUid: 'interactionUid' in beginning ? beginning.interactionUid : null,
      returnTo: beginning.returnTo,
    },
    loginTtl,
  );
  return { url, state, browserSecret };
}
