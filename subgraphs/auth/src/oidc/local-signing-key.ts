import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

/** A private key of this process that signs in the calling thread: nobody waits for the thread pool. */
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
    return withoutDer(sign('sha256', data, this.#privateKey));
  }
}

const bytes = 32;

/** `r` and `s` in 32 bytes each, as JWS wants them (RFC 7518 §3.4). Node can write that, too, and then takes twice as long. */
function withoutDer(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(2 * bytes);
  // SEQUENCE, its length; INTEGER, its length, r; INTEGER, its length, s. An integer may have a zero before it, or lack some.
  let at = 2;
  for (const end of [bytes, 2 * bytes]) {
    const from = at + 2;
    at = from + (der[at + 1] ?? 0);
    const digits = der.subarray(Math.max(from, at - bytes), at);
    raw.set(digits, end - digits.length);
  }
  return raw;
}
