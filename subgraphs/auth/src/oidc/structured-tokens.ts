import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import type { AuthDeps } from '../deps.ts';
import { issuerOf } from '../tenants.ts';
import type { Issuer } from './issuers.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { storedIdOf } from './token-log.ts';

const keySets = new WeakMap<readonly JWK[], ReturnType<typeof createLocalJWKSet>>();

/** Keeps the keys it has read. */
function keySetOf(keys: JWK[]) {
  const known = keySets.get(keys) ?? createLocalJWKSet({ keys });
  keySets.set(keys, known);
  return known;
}

/** What finds nothing. */
const unknown = 'unknown';

/**
 * oidc-provider looks tokens up by id and takes no JWT. This answers what it can look up: the stored id of a JWT of this
 * issuer, something that finds nothing for any other JWT, and opaque tokens as they are.
 */
export async function lookupFor(
  deps: Pick<AuthDeps, 'config'>,
  issuer: Pick<Issuer, 'tenant' | 'publicKeys'>,
  token: string,
): Promise<string> {
  // Opaque tokens have no dots.
  if (!token.includes('.')) return token;
  try {
    const { payload } = await jwtVerify(token, keySetOf(issuer.publicKeys), {
      issuer: issuerOf(issuer.tenant),
      algorithms: [signingAlgorithm],
      typ: 'at+jwt',
    });
    return payload.jti ? storedIdOf(deps, payload.jti) : unknown;
  } catch {
    return unknown;
  }
}
