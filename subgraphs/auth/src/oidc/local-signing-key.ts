import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

/**
 * A private key of this process that signs in the calling thread: for the few dozen microseconds that ES256 takes, the way through the
 * thread pool and WebCrypto's promises costs more than the signature.
 */
export class LocalSigningKey extends ExternalSigningKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #jwk: JWK;

  constructor(jwk: JWK) {
    super();
    this.#jwk = jwk;
    this.#privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  override get kid(): string | undefined {
    return this.#jwk.kid;
  }

  override get alg(): string | undefined {
    return this.#jwk.alg;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override sign(data: Uint8Array): Uint8Array {
    return concatenated(sign('sha256', data, this.#privateKey));
  }
}

/** Of each of the two numbers of an ES256 signature. */
const numberBytes = 32;

/**
 * The form of JWS (RFC 7518 §3.4), the two numbers one after the other, out of the DER form (RFC 3279 §2.2.3): a sequence of two
 * integers, each with its length. `dsaEncoding: 'ieee-p1363'` would do the same, and double the time of the signature.
 */
function concatenated(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * numberBytes);
  let at = 2;
  for (const end of [numberBytes, 2 * numberBytes]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    // A zero goes before a number whose first bit is set; a small number is short.
    const digits = number.subarray(Math.max(0, length - numberBytes));
    signature.set(digits, end - digits.length);
    at += 2 + length;
  }
  return signature;
}
