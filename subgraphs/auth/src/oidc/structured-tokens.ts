import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { AuthDeps } from '../deps.ts';
import { issuerOf } from '../tenants.ts';
import type { Issuer } from './issuers.ts';
import { sha256 } from './secrets.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { storedIdOf } from './token-log.ts';

/** What finds nothing. */
const unknown = 'unknown';

/** The keys of an issuer, and tokens that they have verified: who asks about a token asks again. */
type Verifier = { keys: ReturnType<typeof createLocalJWKSet>; genuine: LRUCache<string, string> };

const verifiers = new WeakMap<readonly JWK[], Verifier>();
const maxTokens = 5_000;

function verifierOf(keys: JWK[]): Verifier {
  const known = verifiers.get(keys);
  if (known) return known;
  const verifier = {
    keys: createLocalJWKSet({ keys }),
    genuine: new LRUCache<string, string>({ max: maxTokens }),
  };
  verifiers.set(keys, verifier);
  return verifier;
}

/**
 * oidc-provider looks tokens up by id and takes no JWT. This answers what it can look up: the stored id of a JWT of this
 * issuer, something that finds nothing for any other JWT, and opaque tokens as they are. Whether the token stands is for
 * what is found to say.
 */
export async function lookupFor(
  deps: Pick<AuthDeps, 'config'>,
  issuer: Pick<Issuer, 'tenant' | 'publicKeys'>,
  token: string,
): Promise<string> {
  // Opaque tokens have no dots.
  if (!token.includes('.')) return token;
  const { keys, genuine } = verifierOf(issuer.publicKeys);
  const hash = sha256(token);
  const known = genuine.get(hash);
  if (known) return known;
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuerOf(issuer.tenant),
      algorithms: [signingAlgorithm],
      typ: 'at+jwt',
    });
    if (!payload.jti) return unknown;
    const id = storedIdOf(deps, payload.jti);
    genuine.set(hash, id);
    return id;
  } catch {
    return unknown;
  }
}
