import { StartupError } from '@gatehouse/service-kit';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { AuthDeps } from '../deps.ts';
import {
  anySigningKey,
  findSigningKeys,
  insertSigningKey,
  type SigningKeyRow,
} from '../queries/signing-keys.ts';
import { decryptAtRest, encryptAtRest } from './encrypt-at-rest.ts';

type KeyDeps = Pick<AuthDeps, 'database' | 'config'>;

export const signingAlgorithm = 'ES256';

/** The private keys of a tenant, the one that signs first; made on first use. */
export async function signingKeysOf(deps: KeyDeps, tenantId: string): Promise<JWK[]> {
  const { db } = deps.database;
  let rows = await findSigningKeys(db, tenantId);
  if (!rows.some((row) => row.status === 'active')) {
    await insertSigningKey(db, { ...(await newSigningKey(deps, tenantId)), status: 'active' });
    // Whoever came first has the key that all use.
    rows = await findSigningKeys(db, tenantId);
  }
  return Promise.all(rows.map((row) => decrypt(deps, row)));
}

/** Throws a StartupError when AUTH_SECRET is not the one that stored keys were encrypted with. */
export async function proveSecret(deps: KeyDeps): Promise<void> {
  const row = await anySigningKey(deps.database.db);
  if (row) await decrypt(deps, row);
}

const purpose = 'signing keys';

/** A key pair as it is stored. */
export async function newSigningKey(deps: KeyDeps, tenantId: string) {
  const { publicKey, privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
  const common = { kid, alg: signingAlgorithm, use: 'sig' };
  const privateJwk = { ...(await exportJWK(privateKey)), ...common };
  const privateJwe = await encryptAtRest(deps.config.secret, purpose, JSON.stringify(privateJwk));
  return { tenantId, kid, publicJwk: { ...(await exportJWK(publicKey)), ...common }, privateJwe };
}

async function decrypt(deps: KeyDeps, row: SigningKeyRow): Promise<JWK> {
  try {
    return JSON.parse(await decryptAtRest(deps.config.secret, purpose, row.privateJwe)) as JWK;
  } catch {
    throw new StartupError(
      'AUTH_SECRET is not the one that the stored signing keys were encrypted with. Set the former one.',
    );
  }
}
