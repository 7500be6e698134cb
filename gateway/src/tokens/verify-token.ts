import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { VerifiedToken } from './identity.ts';
import type { Issuers } from './issuers.ts';
import { hashOf, unauthenticated } from './read-bearer.ts';

/** What of the token is read before its signature is checked: only to know whose keys to check it with. */
type Claimed = { issuer: string; kid: string };

/**
 * Verifies an access token (RFC 9068): ES256, `typ: at+jwt`, signed by a key of the issuer it names, for the API beside
 * that issuer. `UNAUTHENTICATED` for anything else, an ID token included.
 */
export async function verifyToken(token: string, issuers: Issuers): Promise<VerifiedToken> {
  const { issuer: name, kid } = readUnverified(token);
  const issuer = await issuers.withKey(name, kid);
  const key = issuer.keys.get(kid);
  if (!key) throw unauthenticated();
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: name,
      audience: audienceOf(name),
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'],
    });
    const { sub, jti, exp, client_id: clientId, sid, cnf } = payload;
    const isWhole = sub && jti && exp && typeof clientId === 'string';
    if (!isWhole || (sid !== undefined && typeof sid !== 'string')) throw unauthenticated();
    return {
      kind: 'access token',
      hash: hashOf(token),
      issuer: name,
      host: issuer.host,
      tenantId: issuer.tenantId,
      subject: sub,
      clientId,
      jti,
      jkt: thumbprintOf(cnf),
      sessionId: sid ?? null,
      expiresAt: exp,
    };
  } catch {
    throw unauthenticated();
  }
}

/** The key that a token is bound to (RFC 7800); one that is bound in another way is good for nothing here. */
function thumbprintOf(cnf: unknown): string | null {
  if (cnf === undefined) return null;
  const { jkt, ...others } = Object(cnf) as Record<string, unknown>;
  if (typeof jkt !== 'string' || Object.keys(others).length > 0) throw unauthenticated();
  return jkt;
}

/** `https://host/oauth2` issues for `https://host/graphql`. */
export const audienceOf = (issuer: string): string => `${issuer.replace(/\/oauth2$/, '')}/graphql`;

function readUnverified(token: string): Claimed {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    const isOurs = alg === 'ES256' && typ?.toLowerCase() === 'at+jwt';
    if (isOurs && kid && iss) return { issuer: iss, kid };
  } catch {
    // Not a JWT: the same answer as for one that is not ours.
  }
  throw unauthenticated();
}
