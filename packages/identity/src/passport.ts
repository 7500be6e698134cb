import { randomUUID } from 'node:crypto';
import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo, SubgraphName } from '@gatehouse/service-kit/subgraph';
import { createLocalJWKSet, importJWK, type JSONWebKeySet, type JWK, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Caller, Principal } from './principal.ts';

export type PassportIssuerName = SubgraphName | 'gateway';

/** Life of a passport, and how close to its end a cached one is still handed out. Seconds. */
const lifetime = 60;
const reuseUntilLeft = 10;

type Claims = { service?: true; principal?: Principal; client?: ClientInfo };

/**
 * States who is calling, in a JWT (EdDSA) that the receiving subgraph verifies. The gateway states the principal of a
 * public request; a service only states itself. One passport per caller and audience is reused until near its expiry.
 */
export async function createPassportIssuer(name: PassportIssuerName, privateJwk: JWK) {
  const key = await importJWK(privateJwk, 'EdDSA');
  const issued = new LRUCache<string, { token: Promise<string>; until: number }>({ max: 20_000 });

  const sign = (audience: SubgraphName, claims: Claims) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: name })
      .setIssuer(name)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${lifetime}s`)
      .sign(key);

  const cached = (cacheKey: string, make: () => Promise<string>) => {
    const now = Date.now() / 1000;
    const known = issued.get(cacheKey);
    if (known && known.until > now) return known.token;
    const token = make();
    issued.set(cacheKey, { token, until: now + lifetime - reuseUntilLeft });
    token.catch(() => issued.delete(cacheKey));
    return token;
  };

  return {
    /** A passport of this service itself. */
    forService: (audience: SubgraphName) =>
      cached(`service ${audience}`, () => sign(audience, { service: true })),
    /** A passport for a public request; only the gateway's are believed. */
    forCaller(audience: SubgraphName, caller: Caller): Promise<string> {
      const { principal, client } = caller;
      return cached(JSON.stringify([audience, principal, client]), () =>
        sign(audience, { principal: principal ?? undefined, client }),
      );
    },
  };
}

export type PassportIssuer = Awaited<ReturnType<typeof createPassportIssuer>>;

/**
 * Verifies passports addressed to `audience` against the known public keys (`kid` = the issuing service). Only the
 * gateway may state a principal or a client. Who was verified a moment ago is there at once. The request id is that of the
 * trace (W3C Trace Context).
 */
export function createPassportVerifier(audience: SubgraphName, keys: JSONWebKeySet) {
  const keySet = createLocalJWKSet(keys);
  const verified = new LRUCache<string, { caller: Omit<Caller, 'requestId'>; until: number }>({
    max: 20_000,
  });

  const verify = async (token: string): Promise<Omit<Caller, 'requestId'>> => {
    try {
      const { payload, protectedHeader } = await jwtVerify<Claims>(token, keySet, {
        audience,
        algorithms: ['EdDSA'],
        requiredClaims: ['iss', 'exp', 'iat'],
        maxTokenAge: lifetime,
      });
      if (payload.iss !== protectedHeader.kid) throw new Error('the key is not the one of the issuer');
      const caller = callerOf(payload.iss as PassportIssuerName, payload);
      verified.set(token, { caller, until: payload.exp ?? 0 });
      return caller;
    } catch {
      throw new GatehouseError('UNAUTHENTICATED', 'The passport is not valid.');
    }
  };

  return (token: string | undefined, traceparent?: string): Caller | Promise<Caller> => {
    if (!token) return Promise.reject(new GatehouseError('UNAUTHENTICATED', 'A passport is required.'));
    const requestId = traceIdOf(traceparent) ?? randomUUID();
    const known = verified.get(token);
    if (known && known.until > Date.now() / 1000) return withId(known.caller, requestId);
    return verify(token).then((caller) => withId(caller, requestId));
  };
}

const withId = ({ service, principal, client }: Omit<Caller, 'requestId'>, requestId: string): Caller => ({
  service,
  principal,
  client,
  requestId,
});

const traceIdOf = (traceparent = ''): string | undefined =>
  traceparent.length >= 55 ? traceparent.slice(3, 35) : undefined;

function callerOf(issuer: PassportIssuerName, claims: Claims): Omit<Caller, 'requestId'> {
  const nowhere: ClientInfo = { ipAddress: '', userAgent: null, host: '' };
  if (claims.service) return { service: issuer, principal: null, client: nowhere };
  if (issuer !== 'gateway') throw new Error('only the gateway speaks for clients');
  return { service: null, principal: claims.principal ?? null, client: claims.client ?? nowhere };
}
