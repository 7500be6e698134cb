import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** What a browser is asked to do, as far as a device looks at it. */
export type PasskeyOptions = {
  challenge: string;
  rp?: { id?: string };
  rpId?: string;
  user?: { id: string };
};

/** What a device says; a lying one says something else. */
export type Said = {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** Whether it has verified the person. */
  verified?: boolean;
  counter?: number;
  /** Whether a provider keeps copies of the passkey. */
  synced?: boolean;
  userHandle?: string | null;
};

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();

const flags = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 };

/** An authenticator with one passkey (WebAuthn § 6): ES256, without attestation, and as honest as it is told to be. */
export class PasskeyDevice {
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #publicKey: Uint8Array;
  readonly #id = randomBytes(32);
  #userHandle = '';
  #counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#key = privateKey;
    // COSE_Key (RFC 9053 § 7.1): EC2, ES256, P-256.
    this.#publicKey = isoCBOR.encode(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ]),
    );
  }

  get id(): string {
    return base64url(this.#id);
  }

  /** As `navigator.credentials.create`. */
  create(options: PasskeyOptions, said: Said = {}): object {
    this.#userHandle = options.user?.id ?? '';
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.#id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.#id, this.#publicKey]);
    const authData = this.#authenticatorData(options.rp?.id ?? '', said, attested);
    const attestation = isoCBOR.encode(
      new Map<string, string | Map<string, string> | Uint8Array>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, string>()],
        ['authData', new Uint8Array(authData)],
      ]),
    );
    return this.#response({
      clientDataJSON: this.#clientData('webauthn.create', options, said),
      attestationObject: base64url(attestation),
      transports: ['internal'],
    });
  }

  /** As `navigator.credentials.get`. */
  get(options: PasskeyOptions, said: Said = {}): object {
    this.#counter = said.counter ?? this.#counter + 1;
    const authenticatorData = this.#authenticatorData(options.rpId ?? '', said);
    const clientDataJSON = this.#clientData('webauthn.get', options, said);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    return this.#response({
      clientDataJSON,
      authenticatorData: base64url(authenticatorData),
      signature: base64url(sign('sha256', signed, this.#key)),
      userHandle: said.userHandle === undefined ? this.#userHandle : said.userHandle,
    });
  }

  #response(response: object): object {
    return { id: this.id, rawId: this.id, type: 'public-key', response, clientExtensionResults: {} };
  }

  #clientData(type: string, { challenge }: PasskeyOptions, said: Said): string {
    const data = {
      type: said.type ?? type,
      challenge: said.challenge ?? challenge,
      origin: said.origin ?? this.#origin,
      crossOrigin: false,
    };
    return base64url(Buffer.from(JSON.stringify(data)));
  }

  #authenticatorData(rpId: string, said: Said, attested?: Uint8Array): Buffer {
    const { verified = true, synced = false } = said;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.#counter);
    const set =
      flags.present |
      (verified ? flags.verified : 0) |
      (synced ? flags.eligible | flags.backedUp : 0) |
      (attested ? flags.attested : 0);
    const data = [sha256(said.rpId ?? rpId), Buffer.from([set]), counter];
    return Buffer.concat(attested ? [...data, attested] : data);
  }
}
