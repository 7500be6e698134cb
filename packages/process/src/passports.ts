import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassportIssuerName } from '@gatehouse/identity';
import { StartupError } from '@gatehouse/service-kit';
import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';

const issuers: readonly PassportIssuerName[] = ['gateway', ...subgraphNames];

/** Where the passport keys of a deployment lie: each process gets its own private key and everybody's public ones. */
export const passportFiles = (folder: string, name: PassportIssuerName) => ({
  keyFile: join(folder, `${name}.json`),
  jwksFile: join(folder, 'public.json'),
});

/** Makes an Ed25519 key pair for the gateway and each subgraph; keys that exist already are kept. */
export async function createPassportKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const publicKeys: JWK[] = [];
  for (const name of issuers) {
    const { keyFile } = passportFiles(folder, name);
    const known = await readFile(keyFile, 'utf8').catch(() => null);
    const key: JWK = known ? (JSON.parse(known) as JWK) : await newKey(name);
    if (!known) await writeFile(keyFile, `${JSON.stringify(key)}\n`, { mode: 0o600 });
    const { d: _, ...publicKey } = key;
    publicKeys.push(publicKey);
  }
  const keySet: JSONWebKeySet = { keys: publicKeys };
  await writeFile(passportFiles(folder, 'gateway').jwksFile, `${JSON.stringify(keySet, null, 2)}\n`);
}

async function newKey(name: PassportIssuerName): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: name, alg: 'EdDSA', use: 'sig' };
}

/** Reads a process's own private key and the public keys of all. */
export async function readPassportKeys(files: { keyFile: string; jwksFile: string }) {
  return { key: await readJson<JWK>(files.keyFile), jwks: await readJson<JSONWebKeySet>(files.jwksFile) };
}

async function readJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new StartupError(`The passport keys in ${path} can't be read: ${(error as Error).message}`);
  }
}
