import { hash, randomUUID } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A client's key pair and the proofs it makes of it (RFC 9449 §4.2). */
export async function newProofKey(alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { alg, privateKey: privateKey as CryptoKey, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

export type ProofKey = Awaited<ReturnType<typeof newProofKey>>;

export type ProofChange = {
  header?: { typ?: string; alg?: string; jwk?: JWK };
  claims?: Record<string, unknown>;
  sign?: CryptoKey | Uint8Array;
};

/** A good proof for a request, but for what is changed. */
export async function proofFor(
  key: ProofKey,
  request: { token: string; url: string; method?: string },
  change: ProofChange = {},
): Promise<string> {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    htm: request.method ?? 'POST',
    htu: request.url,
    ath: hash('sha256', request.token, 'base64url'),
    ...change.claims,
  };
  return await new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...change.header })
    .sign(change.sign ?? key.privateKey);
}
