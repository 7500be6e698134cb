import { firstPartyClientId } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { Issuer } from '../oidc/issuers.ts';
import { signingAlgorithm } from '../oidc/signing-keys.ts';
import type { Services } from '../services.ts';
import { issuerOf } from '../tenants.ts';
import { tokenPrincipal } from '../token-principal.ts';

/** Seconds after a sign-in in which its token may open the browser's session: a stolen token must not, later. */
const freshFor = 300;

/**
 * What the session cookie is to hold for whoever has just signed in through the API, so that `/oauth2/authorize` does not
 * ask again. UNAUTHENTICATED for a token that is not the API's own, no longer stands, or whose sign-in is older than five
 * minutes.
 */
export async function browserSessionOf(
  services: Services,
  issuer: Issuer,
  authorization: string | undefined,
): Promise<string> {
  const refused = new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
  const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw refused;
  const name = issuerOf(issuer.tenant);
  const verified = await jwtVerify(token, createLocalJWKSet({ keys: issuer.publicKeys }), {
    issuer: name,
    algorithms: [signingAlgorithm],
    typ: 'at+jwt',
  }).catch(() => undefined);
  const { jti, sub, sid, client_id: clientId } = verified?.payload ?? {};
  if (!jti || !sub || typeof sid !== 'string' || clientId !== firstPartyClientId) throw refused;
  const principal = await tokenPrincipal(services, {
    issuer: name,
    jti,
    subject: sub,
    clientId,
    sessionId: sid,
  });
  const age = Date.now() / 1000 - (principal?.authTime ?? 0);
  if (!principal || age > freshFor) throw refused;
  const session = await issuer.provider.Session.findByUid(sid);
  if (!session) throw refused;
  return session.jti;
}
