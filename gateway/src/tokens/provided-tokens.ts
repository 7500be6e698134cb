import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { ProvidedPrincipalDocument, ProviderKeysDocument } from '../../generated/calls.ts';
import type { Standing, VerifiedProvided } from './identity.ts';
import { createKnownIssuers } from './known-issuers.ts';
import { hashOf, unauthenticated } from './read-bearer.ts';

/** Of an issuer that a tenant takes tokens of; its keys are believed for this issuer alone. */
type Provider = {
  providerId: string;
  tenantId: string;
  issuer: string;
  audience: string;
  audienceClaim: string;
  keys: ReadonlyMap<string, true>;
  keyFor: ReturnType<typeof createLocalJWKSet>;
};

/** No shared secrets, and nothing unsigned (RFC 8725 §3.1). */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** RFC 9068 calls it `at+jwt`; most providers still say `JWT`, or nothing. */
const types = new Set(['at+jwt', 'application/at+jwt', 'jwt', undefined]);
/** Clocks differ. Seconds. */
const clockTolerance = 30;

/**
 * Access tokens of identity providers, where the tenant of the host accepts them: signed by a key of that issuer, for the
 * audience that the tenant has named, standing for whoever is linked.
 */
export function createProvidedTokens(call: CallSubgraph, mayAskAboutUnknown: () => boolean) {
  const providers = createKnownIssuers<Provider>(
    async (name, keyId) => {
      const [tenantId = '', issuer = ''] = JSON.parse(name) as string[];
      const { providerKeys } = await call('auth', ProviderKeysDocument, { tenantId, issuer, keyId });
      if (!providerKeys || providerKeys.issuer !== issuer || providerKeys.tenantId !== tenantId) return null;
      const jwks = providerKeys.jwks as JSONWebKeySet;
      const keys = new Map(jwks.keys.map(({ kid = '' }) => [kid, true as const]));
      return { ...providerKeys, keys, keyFor: createLocalJWKSet(jwks) };
    },
    { mayAskAboutUnknown },
  );

  const ask = async (
    token: Pick<VerifiedProvided, 'providerId' | 'tenantId' | 'externalSubject' | 'amr'>,
  ) => {
    const { providerId, tenantId, externalSubject: subject, amr } = token;
    const input = { providerId, tenantId, subject, amr: [...amr] };
    return (await call('auth', ProvidedPrincipalDocument, { input })).providedPrincipal;
  };

  return {
    /** Whose access token this is; `UNAUTHENTICATED` for any other, and for somebody who is not linked. */
    async verify(text: string, tenantId: string, host: string): Promise<VerifiedProvided> {
      const { issuer, kid } = readUnverified(text);
      const provider = await providers.withKey(JSON.stringify([tenantId, issuer]), kid);
      const { payload } = await jwtVerify(text, provider.keyFor, {
        algorithms,
        issuer,
        ...(provider.audienceClaim === 'aud' && { audience: provider.audience }),
        requiredClaims: ['iss', 'sub', 'exp'],
        clockTolerance,
      }).catch(() => {
        throw unauthenticated();
      });
      if (!isAccessToken(payload, provider)) throw unauthenticated();
      const { sub = '', exp = 0, auth_time: authTime } = payload;
      const amr = Array.isArray(payload.amr)
        ? payload.amr.filter((one) => typeof one === 'string').slice(0, 20)
        : [];
      const token = {
        kind: 'provided token' as const,
        hash: hashOf(text),
        host,
        tenantId,
        providerId: provider.providerId,
        externalSubject: sub,
        amr,
        authTime: typeof authTime === 'number' ? authTime : 0,
        sessionId: null,
        expiresAt: exp,
      };
      const principal = await ask(token);
      if (!principal) throw unauthenticated();
      return { ...token, subject: principal.userId };
    },
    /** Whom such a token stands for now; null when for nobody, or for somebody else than when it was first seen. */
    async standing(token: VerifiedProvided): Promise<Standing | null> {
      const answer = await ask(token);
      if (!answer || answer.userId !== token.subject) return null;
      const { userId, tenantId, roles, permissions, secondFactor } = answer;
      const { providerId, amr, authTime, hash, expiresAt } = token;
      const principal = {
        kind: 'user',
        userId,
        tenantId,
        sessionId: sessionOf(hash),
        clientId: `provider:${providerId}`,
        roles,
        permissions,
        amr: [...amr],
        authTime,
        secondFactor,
      } as const;
      return { principal, expiresAt, allowedAddresses: [] };
    },
    /** What is known of a provider is out of date. */
    forget: (providerId: string): void => providers.forget((known) => known.providerId === providerId),
  };
}

/** A token of a provider belongs to no session of ours: this id is none, and the same for the same token. */
const sessionOf = (hash: string): string => {
  const hex = Buffer.from(hash, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** Not an ID token, nor one that needs a proof which a bearer does not bring (RFC 7800). */
function isAccessToken(payload: JWTPayload, { audience, audienceClaim }: Provider): boolean {
  if (!payload.sub || payload.sub.length > 255 || payload.cnf !== undefined) return false;
  if (payload.nonce !== undefined || payload.at_hash !== undefined) return false;
  const { token_use: use } = payload;
  if (use !== undefined && use !== 'access') return false;
  // Cognito names the client instead of an audience, and says which kind of token it is.
  return audienceClaim === 'aud' || (payload[audienceClaim] === audience && use === 'access');
}

function readUnverified(text: string): { issuer: string; kid: string } {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(text);
    const { iss } = decodeJwt(text);
    const fits = algorithms.includes(alg ?? '') && types.has(typ?.toLowerCase());
    if (fits && kid && iss) return { issuer: iss, kid };
  } catch {
    // Not a JWT.
  }
  throw unauthenticated();
}

/** The issuer that a JWT names; undefined for what is none. */
export function issuerNamedIn(text: string): string | undefined {
  try {
    return decodeJwt(text).iss;
  } catch {
    return undefined;
  }
}
