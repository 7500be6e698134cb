import { hash } from 'node:crypto';
import type { KeyValue } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

/** The `DPoP` header of a request, or what a socket was opened with. One object for all operations it carries. */
export type Proof = { jwt: string; method: string };

/** What a proof is held against: the access token by its SHA-256, the key it is bound to, and the host that was asked. */
type Bound = { hash: string; jkt: string; host: string };

/** Signatures that a proof may carry; the token endpoint takes the same. */
export const proofAlgorithms = ['ES256', 'EdDSA', 'PS256', 'RS256'];
const maxProofLength = 4_096;
const maxIdLength = 200;
/** How far a client's clock may be off, in seconds; at the token endpoint it is the same. */
const leeway = 300;

/**
 * Proofs of possession (RFC 9449 §4.3): signed by the key that the token is bound to, for this method and address and this
 * very token, moments ago and never seen before. All gateways remember together which they have seen. One that is
 * not good is `UNAUTHENTICATED`, with `reason: INVALID_DPOP_PROOF`.
 */
export function createProofs({ keyValue, protocol }: { keyValue: KeyValue; protocol: string }) {
  const checked = new WeakMap<Proof, { hash: string; checking: Promise<void> }>();

  const check = async ({ jwt, method }: Proof, { hash: ath, jkt, host }: Bound): Promise<void> => {
    if (jwt.length > maxProofLength) throw invalidProof();
    const { payload, protectedHeader } = await jwtVerify(jwt, EmbeddedJWK, {
      algorithms: proofAlgorithms,
      typ: 'dpop+jwt',
      requiredClaims: ['jti', 'iat', 'htm', 'htu', 'ath'],
      clockTolerance: leeway,
    }).catch(() => {
      throw invalidProof();
    });
    const { jti, iat, htm, htu } = payload;
    const age = Date.now() / 1000 - Number(iat);
    const isWhole = typeof jti === 'string' && jti !== '' && jti.length <= maxIdLength;
    const isFor = htm === method && addressOf(htu) === new URL(`${protocol}://${host}/graphql`).href;
    if (!isWhole || !isFor || payload.ath !== ath || Math.abs(age) > leeway) throw invalidProof();
    const { jwk } = protectedHeader;
    if (!jwk || (await calculateJwkThumbprint(jwk)) !== jkt) throw invalidProof();
    const isFirst = await keyValue.setIfAbsent(`dpop:${jkt}:${hash('sha256', jti, 'base64url')}`, '', {
      ttlSeconds: leeway - age + 1,
    });
    if (!isFirst) throw invalidProof();
  };

  return {
    /** Checks a proof once, for all operations of its request. */
    async check(proof: Proof | null, bound: Bound): Promise<void> {
      if (!proof) throw invalidProof();
      const known = checked.get(proof);
      if (known?.hash === bound.hash) return await known.checking;
      if (known) throw invalidProof();
      const checking = check(proof, bound);
      checked.set(proof, { hash: bound.hash, checking });
      await checking;
    },
  };
}

/** Without query and fragment (RFC 9449 §4.3 no. 9), normalised. */
function addressOf(htu: unknown): string | null {
  const url = typeof htu === 'string' ? URL.parse(htu) : null;
  if (!url) return null;
  url.search = '';
  url.hash = '';
  return url.href;
}

const reason = 'INVALID_DPOP_PROOF';
const invalidProof = () =>
  new GatehouseError('UNAUTHENTICATED', 'The DPoP proof is not valid here.', { reason });

/** Whether a refusal is about the proof and not about the token. */
export const isAboutProof = (extensions: Record<string, unknown> | undefined): boolean =>
  extensions?.reason === reason;
