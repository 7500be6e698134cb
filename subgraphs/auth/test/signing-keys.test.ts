import { verify } from 'node:crypto';
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openServices } from '../src/create.ts';
import { createAuth } from '../src/index.ts';
import { LocalSigningKey } from '../src/oidc/local-signing-key.ts';
import { signingKeysOf } from '../src/oidc/signing-keys.ts';
import { startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

it('makes one key per tenant, however many processes ask first', async () => {
  const all = await Promise.all(
    Array.from({ length: 10 }, () => signingKeysOf(auth.deps, auth.otherTenant.id)),
  );
  expect(new Set(all.map((keys) => keys.map(({ kid }) => kid).join())).size).toBe(1);
  expect(all[0]).toHaveLength(1);
});

it('keeps keys and sessions over a restart, and private keys encrypted', async () => {
  await auth.account('ada');
  const tokens = await auth.login('ada');
  const { kid } = decodeProtectedHeader(tokens.accessToken);

  // As a new process would: nothing remembered but what is stored.
  const restarted = openServices(auth.deps);
  const { publicKeys } = await restarted.issuers.of(auth.tenant);
  expect(publicKeys.map((key) => key.kid)).toEqual([kid]);
  await restarted.passwords.close();
  expect((await auth.refresh(tokens.refreshToken)).errors).toBeUndefined();

  const [key] = await signingKeysOf(auth.deps, auth.tenant.id);
  const { rows } = await auth.deps.database.pool.query('select * from auth.signing_key');
  expect(JSON.stringify(rows)).not.toContain(key?.d);
});

it('does not start with another secret than the keys were encrypted with', async () => {
  const config = { ...auth.deps.config, secret: 'another secret for tests, also long enough' };
  const other = createAuth({ ...auth.deps, config });
  await expect(other.start()).rejects.toThrow('AUTH_SECRET');
  await other.stop();
});

it('lets go of a provider that nobody has asked for a quarter of an hour, and builds it again', async () => {
  const { issuers } = auth.services;
  const { provider } = await issuers.of(auth.tenant);
  issuers.dropIdle(Date.now() + 890_000);
  expect((await issuers.of(auth.tenant)).provider).toBe(provider);
  issuers.dropIdle(Date.now() + 910_000);
  const again = await issuers.of(auth.tenant);
  expect(again.provider).not.toBe(provider);
  expect(again.publicKeys).toHaveLength(1);
});

it('signs as JWS wants it, short numbers included', async () => {
  const jwk = {
    ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)),
    alg: 'ES256',
  };
  const key = new LocalSigningKey(jwk);
  const lengths = new Set<number>();
  // Of so many signatures some hold a number whose first byte is zero.
  for (let n = 0; n < 2_000; n++) {
    const text = Buffer.from(`text ${n}`);
    const signature = key.sign(text);
    lengths.add(signature.length);
    expect(verify('sha256', text, { key: key.keyObject(), dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  }
  expect([...lengths]).toEqual([64]);
});
