import { hash, randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { anyone, gatehouse, memberWith } from '../gatehouse.ts';
import { issuer, signInBound } from '../oauth.ts';

const query = JSON.stringify({ query: '{ users(first: 1) { nodes { id } } }' });
type Keys = { publicKey: CryptoKey; privateKey: CryptoKey };
let own: Keys;
let token: string;
let refreshToken: string;
let clientId: string;

beforeAll(async () => {
  const { client, key, tokens } = await signInBound(await memberWith(['admin']));
  [own, token, clientId] = [key, tokens.access_token, client.id];
  refreshToken = tokens.refresh_token ?? '';
});

const proof = async (claims: Record<string, unknown> = {}, keys: Keys = own) =>
  await new SignJWT({
    jti: randomUUID(),
    htm: 'POST',
    htu: `${gatehouse.url}/graphql`,
    ath: hash('sha256', token, 'base64url'),
    ...claims,
  })
    .setIssuedAt()
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(keys.publicKey) })
    .sign(keys.privateKey);

const outcome = async (headers: Record<string, string>) => {
  const { errors } = await anyone.post(query, {}, headers);
  return errors[0]?.extensions.code ?? null;
};
const bound = (dpop: string) => outcome({ authorization: `DPoP ${token}`, dpop });

test('a stolen token is nothing without its key', async () => {
  expect(await bound(await proof())).toBeNull();
  expect(await outcome({ authorization: `Bearer ${token}` })).toBe('UNAUTHENTICATED');
  expect(await outcome({ authorization: `Bearer ${token}`, dpop: await proof() })).toBe('UNAUTHENTICATED');
  expect(await outcome({ authorization: `DPoP ${token}` })).toBe('UNAUTHENTICATED');
  const thief = await generateKeyPair('ES256', { extractable: true });
  expect(await bound(await proof({}, thief))).toBe('UNAUTHENTICATED');
  expect(await bound(await proof({}, { ...own, privateKey: thief.privateKey }))).toBe('UNAUTHENTICATED');
});

test('a stolen refresh token is nothing without its key', async () => {
  const refresh = async (headers: Record<string, string>) => {
    const response = await anyone.fetch(`${issuer.href}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: clientId,
      }),
    });
    return (await response.json()) as Record<string, string>;
  };
  const htu = `${issuer.href}/token`;
  const thief = await generateKeyPair('ES256', { extractable: true });
  expect((await refresh({})).error).toBe('invalid_grant');
  expect((await refresh({ dpop: await proof({ htu }, thief) })).error).toBe('invalid_grant');
  expect((await refresh({ dpop: await proof({ htu: `${gatehouse.url}/graphql` }) })).error).toBe(
    'invalid_dpop_proof',
  );
  const answer = await refresh({ dpop: await proof({ htu }) });
  expect(answer.token_type).toBe('DPoP');
});

test('a recorded request can’t be sent again, nor its proof be used for another', async () => {
  const recorded = await proof();
  expect(await bound(recorded)).toBeNull();
  expect(await bound(recorded)).toBe('UNAUTHENTICATED');
  expect(await bound(await proof({ htu: `${issuer.href}/me` }))).toBe('UNAUTHENTICATED');
  expect(await bound(await proof({ htu: 'https://evil.example/graphql' }))).toBe('UNAUTHENTICATED');
  expect(await bound(await proof({ htm: 'GET' }))).toBe('UNAUTHENTICATED');
  expect(await bound(await proof({ ath: hash('sha256', 'another', 'base64url') }))).toBe('UNAUTHENTICATED');
});

test('a host of the client’s choosing does not move the address that a proof is held to', async () => {
  const evil = 'evil.example';
  const headers = { 'x-forwarded-host': evil, 'x-forwarded-proto': 'https', forwarded: `host=${evil}` };
  const dpop = await proof({ htu: `https://${evil}/graphql` });
  expect(await outcome({ authorization: `DPoP ${token}`, dpop, ...headers })).toBe('UNAUTHENTICATED');
});
