import { createHmac, createPrivateKey, timingSafeEqual } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { AuthConfig } from '../config.ts';
import { deriveKey } from '../oidc/secrets.ts';

// Both keys come from AUTH_SECRET alone: they outlive every rotation of the keys that tokens are signed with.

/** Seals the hashes of entries; without AUTH_SECRET nobody makes an entry that would pass. */
export function createSeal(config: Pick<AuthConfig, 'secret'>) {
  const key = deriveKey(config.secret, 'audit log entries');
  const seal = (hash: string): string => createHmac('sha256', key).update(hash).digest('base64url');
  return {
    seal,
    fits(hash: string, given: string): boolean {
      const [right, other] = [Buffer.from(seal(hash)), Buffer.from(given)];
      return right.length === other.length && timingSafeEqual(right, other);
    },
  };
}

/** What precedes the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const header = { alg: 'EdDSA', typ: 'audit-checkpoint+jws' };

const checkpointShape = z.object({
  tenantId: z.string(),
  position: z.number().int().positive(),
  hash: z.string(),
  signedAt: z.iso.datetime(),
  /** Entries up to it were deleted when they had been kept long enough. */
  start: z.boolean().optional(),
});

export type Checkpoint = z.output<typeof checkpointShape>;

/** Signs checkpoints, and tells whether one was signed here. Of another type than tokens: neither passes for the other. */
export async function openCheckpointKey(config: Pick<AuthConfig, 'secret'>) {
  const seed = deriveKey(config.secret, 'audit log checkpoints');
  const der = Buffer.concat([pkcs8, seed]);
  const jwk = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }) as JWK;
  const { d: _, ...publicJwk } = jwk;
  const [key, publicKey] = await Promise.all([importJWK(jwk, 'EdDSA'), importJWK(publicJwk, 'EdDSA')]);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    publicJwk: { ...publicJwk, kid, alg: header.alg, use: 'sig' },
    sign: (checkpoint: Checkpoint): Promise<string> =>
      new CompactSign(Buffer.from(JSON.stringify(checkpoint)))
        .setProtectedHeader({ ...header, kid })
        .sign(key),
    /** What a checkpoint says; undefined when it was not signed here. */
    async read(jws: string): Promise<Checkpoint | undefined> {
      try {
        const { payload, protectedHeader } = await compactVerify(jws, publicKey, {
          algorithms: [header.alg],
        });
        if (protectedHeader.typ !== header.typ) return undefined;
        return checkpointShape.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
      } catch {
        return undefined;
      }
    },
  };
}

export type CheckpointKey = Awaited<ReturnType<typeof openCheckpointKey>>;
