import { Secret, TOTP } from 'otpauth';
import type { AuthConfig } from '../config.ts';
import { decryptAtRest, encryptAtRest } from '../oidc/encrypt-at-rest.ts';

/** What every authenticator app understands (RFC 6238 with its defaults). */
const common = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Steps that a clock may be off, and a person slow, either way (RFC 6238 § 5.2). */
const window = 1;
/** As long as the hash, as RFC 4226 § 4 recommends. Bytes. */
const secretSize = 20;

const purpose = 'second factors';

/** A new secret: as apps take it (`otpauth:` URI, base32), and encrypted for keeping. */
export async function newTotp(
  config: Pick<AuthConfig, 'secret'>,
  names: { issuer: string; label: string },
): Promise<{ uri: string; secret: string; secretJwe: string }> {
  const secret = new Secret({ size: secretSize });
  const uri = new TOTP({ ...common, ...names, secret }).toString();
  return {
    uri,
    secret: secret.base32,
    secretJwe: await encryptAtRest(config.secret, purpose, secret.base32),
  };
}

/** The time step that a code belongs to, if it is one of now or next to now. */
export async function stepOfCode(
  config: Pick<AuthConfig, 'secret'>,
  secretJwe: string,
  code: string,
  now = Date.now(),
): Promise<number | undefined> {
  const secret = Secret.fromBase32(await decryptAtRest(config.secret, purpose, secretJwe));
  const delta = new TOTP({ ...common, secret }).validate({ token: code, timestamp: now, window });
  return delta === null ? undefined : Math.floor(now / 1000 / common.period) + delta;
}
