import type { JSONWebKeySet, JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { findTokenProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { withHealth } from './health.ts';

type Known = { jwks: JSONWebKeySet; readAt: number };

/** How long keys are believed, and how soon an unknown one lets the provider be asked again. */
const lifeMs = 600_000;
const askAgainMs = 30_000;
const maxKeys = 50;

const jwksShape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(maxKeys) });

/**
 * Keys of providers for the gateways, asked of each provider at most twice a minute whatever comes in, and once for all who
 * ask at the same time. Only public keys for signatures by name are handed on.
 */
export function openProviderKeys(
  services: Pick<Services, 'database' | 'logger' | 'metrics' | 'outgoing' | 'providerClients'>,
) {
  const known = new LRUCache<string, Known>({ max: 1_000 });
  const asking = new Map<string, Promise<Known>>();

  async function fetchKeys(provider: IdentityProvider): Promise<Known> {
    const client = await services.providerClients.of(provider);
    const url = client.serverMetadata().jwks_uri;
    if (!url) throw new Error('the provider has no jwks_uri');
    const { status, body } = await services.outgoing.request(url, {
      method: 'GET',
      headers: { accept: 'application/json' },
    });
    if (status !== 200) throw new Error(`the keys came with status ${status}`);
    const { keys } = jwksShape.parse(JSON.parse(body));
    return { jwks: { keys: (keys as JWK[]).flatMap(publicOnly) }, readAt: Date.now() };
  }

  const ask = (provider: IdentityProvider, key: string): Promise<Known> => {
    const running =
      asking.get(key) ??
      withHealth(services, provider, () => fetchKeys(provider))
        // What did not answer is not asked again at once either; what was known of it stands until its time is over.
        .catch(() => ({ jwks: known.get(key)?.jwks ?? { keys: [] }, readAt: Date.now() }))
        .finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  };

  return async (tenantId: string, issuer: string, keyId: string) => {
    const provider = await findTokenProvider(services.database.db, tenantId, issuer);
    if (!provider?.tokenAudience) return null;
    const key = `${provider.id} ${provider.updatedAt.getTime()}`;
    const entry = known.get(key);
    const age = entry ? Date.now() - entry.readAt : Number.POSITIVE_INFINITY;
    const isUnknown = entry !== undefined && !entry.jwks.keys.some(({ kid }) => kid === keyId);
    let current = entry;
    if (!current || age > lifeMs || (isUnknown && age > askAgainMs)) {
      current = await ask(provider, key);
      known.set(key, current);
    }
    return {
      providerId: provider.id,
      tenantId,
      issuer,
      audience: provider.tokenAudience,
      audienceClaim: provider.kind === 'COGNITO' ? 'client_id' : 'aud',
      jwks: current.jwks,
    };
  };
}

export type ProviderKeys = ReturnType<typeof openProviderKeys>;

function publicOnly(jwk: JWK): JWK[] {
  const { kty, kid, alg, use, n, e, crv, x, y } = jwk;
  if (!kid || (use !== undefined && use !== 'sig')) return [];
  if (kty === 'RSA' && n && e) return [{ kty, kid, ...(alg && { alg }), n, e }];
  if (kty === 'EC' && crv && x && y) return [{ kty, kid, ...(alg && { alg }), crv, x, y }];
  if (kty === 'OKP' && crv && x) return [{ kty, kid, ...(alg && { alg }), crv, x }];
  return [];
}
