import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Person } from '@gatehouse/testkit/clients';
import {
  base64url,
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { administrator, anyone, gatehouse, otherTenant, registerAndConfirm } from '../gatehouse.ts';

/** A forger holds a real token, the public keys, and keys of their own. */
type Forger = {
  person: Person;
  victim: Person;
  header: { alg: string; kid: string; typ: string };
  payload: JWTPayload;
  publicKey: JWK;
  own: { privateKey: CryptoKey; publicKey: JWK };
};
let forger: Forger;

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
const partsOf = (token: string) => token.split('.') as [string, string, string];
const sign = (payload: JWTPayload, header: Record<string, unknown>, key: CryptoKey | Uint8Array) =>
  new SignJWT(payload).setProtectedHeader(header as { alg: string }).sign(key);

beforeAll(async () => {
  const [person, victim] = [await registerAndConfirm(), await administrator()];
  const { accessToken } = person.tokens;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const discovery = await anyone.fetch(`${gatehouse.url}/oauth2/.well-known/openid-configuration`);
  const { jwks_uri: jwksUri } = (await discovery.json()) as { jwks_uri: string };
  const { keys } = (await (await anyone.fetch(jwksUri)).json()) as { keys: JWK[] };
  const header = decodeProtectedHeader(accessToken) as Forger['header'];
  const found = keys.find(({ kid }) => kid === header.kid);
  if (!found) throw new Error('the published keys lack the one in use');
  forger = {
    person,
    victim,
    header,
    payload: decodeJwt(accessToken),
    publicKey: found,
    own: { privateKey, publicKey: await exportJWK(publicKey) },
  };
});

const refused = async (accessToken: string) => {
  const { data, errors } = await anyone.as(accessToken).graphql('{ me { id email } session { id } }');
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
};

describe('a forged token is refused:', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const forgeries: Record<string, (forger: Forger) => string | Promise<string>> = {
    'alg none': ({ payload }) => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(payload)}.`,
    'alg none in another spelling, with the real signature': ({ payload, header, person }) =>
      `${encode({ ...header, alg: 'nOnE' })}.${encode(payload)}.${partsOf(person.tokens.accessToken)[2]}`,
    'no signature': ({ person }) => partsOf(person.tokens.accessToken).slice(0, 2).join('.'),
    'an empty signature': ({ person }) => `${partsOf(person.tokens.accessToken).slice(0, 2).join('.')}.`,
    'a signature of zeros': ({ person }) =>
      `${partsOf(person.tokens.accessToken).slice(0, 2).join('.')}.${base64url.encode(new Uint8Array(64))}`,
    'half a signature': ({ person }) => person.tokens.accessToken.slice(0, -43),
    'another subject under the real signature': ({ person, payload, victim }) => {
      const [header, , signature] = partsOf(person.tokens.accessToken);
      return `${header}.${encode({ ...payload, sub: victim.id })}.${signature}`;
    },
    'a key of their own under the known kid': ({ payload, header, own }) =>
      sign(payload, header, own.privateKey),
    'a key of their own, brought along as jwk': ({ payload, header, own }) =>
      sign(payload, { ...header, jwk: own.publicKey }, own.privateKey),
    'an unknown kid': ({ payload, header, own }) => sign(payload, { ...header, kid: 'mine' }, own.privateKey),
    'no kid': ({ payload, header, own }) => sign(payload, { alg: 'ES256', typ: header.typ }, own.privateKey),
    'a kid that walks the disk': ({ payload, header, own }) =>
      sign(payload, { ...header, kid: '../../../../dev/null' }, own.privateKey),
    'a kid that speaks SQL': ({ payload, header, own }) =>
      sign(payload, { ...header, kid: "' or '1'='1" }, own.privateKey),
    'the public key as an HMAC secret': async ({ payload, header, publicKey }) => {
      const pem = await exportSPKI((await importJWK(publicKey, 'ES256', { extractable: true })) as CryptoKey);
      return sign(payload, { ...header, alg: 'HS256' }, new TextEncoder().encode(pem));
    },
    'the published key set as an HMAC secret': ({ payload, header, publicKey }) =>
      sign(payload, { ...header, alg: 'HS256' }, new TextEncoder().encode(JSON.stringify(publicKey))),
    'an unknown critical header': ({ payload, header, own }) =>
      `${encode({ ...header, crit: ['exp'], exp: 1 })}.${encode(payload)}.${partsOf(own.publicKey.x ?? '')[0]}`,
    'another issuer, with a key of its own': ({ payload, header, own }) =>
      sign({ ...payload, iss: 'https://evil.example/oauth2' }, header, own.privateKey),
    'the issuer of the other tenant': ({ payload, header, own }) =>
      sign({ ...payload, iss: `http://${gatehouse.otherTenant.host}/oauth2` }, header, own.privateKey),
    expired: ({ payload, header, own }) => sign({ ...payload, exp: now() - 1 }, header, own.privateKey),
    'not valid yet': ({ payload, header, own }) =>
      sign({ ...payload, nbf: now() + 60 }, header, own.privateKey),
    'another audience: the ID token': ({ person }) => person.tokens.idToken,
    'a refresh token': ({ person }) => person.tokens.refreshToken,
    'five parts, as if encrypted': ({ person }) =>
      `${person.tokens.accessToken}.${'a'.repeat(8)}.${'b'.repeat(8)}`,
    'a part too many': ({ person }) => `${person.tokens.accessToken}.x`,
    'trailing garbage': ({ person }) => `${person.tokens.accessToken}x`,
    'no JSON inside': () => 'bm90.anNvbg.bm90',
    'a payload that is a list': ({ header, own, payload }) =>
      sign(payload, header, own.privateKey).then((token) => {
        const [head, , signature] = partsOf(token);
        return `${head}.${encode([payload])}.${signature}`;
      }),
    'very long': () => `${'a'.repeat(3_000)}.${'b'.repeat(3_000)}.${'c'.repeat(3_000)}`,
    nothing: () => '',
    blanks: () => '   ',
  };
  test.each(Object.keys(forgeries))('%s', async (name) => {
    await refused((await forgeries[name]?.(forger)) ?? '');
  });
});

test('a key set that a token points to is never fetched', async () => {
  let fetched = 0;
  const server = createServer((_, response) => {
    fetched++;
    response.end(
      JSON.stringify({ keys: [{ ...forger.own.publicKey, kid: forger.header.kid, alg: 'ES256' }] }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { payload, header, own } = forger;
  await refused(await sign(payload, { ...header, jku: `${url}/jwks.json` }, own.privateKey));
  await refused(await sign(payload, { ...header, x5u: `${url}/cert.pem` }, own.privateKey));
  await refused(await sign({ ...payload, iss: url }, header, own.privateKey));
  server.close();
  expect(fetched).toBe(0);
});

test('a token counts on the hosts of its tenant only', async () => {
  const stranger = await otherTenant.registerAndConfirm();
  await refused(stranger.tokens.accessToken);
  expect(await otherTenant.anyone.as(forger.person.tokens.accessToken).refusal('{ me { id } }')).toBe(
    'UNAUTHENTICATED',
  );
  expect(await stranger.client.ask('{ me { email } }')).toEqual({ me: { email: stranger.email } });
});

test('a refresh token of one tenant is nothing to the other', async () => {
  const stranger = await otherTenant.registerAndConfirm();
  const renew = 'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }';
  const input = { refreshToken: stranger.tokens.refreshToken };
  expect(await anyone.refusal(renew, { input })).toBe('INVALID_GRANT');
  expect(await otherTenant.anyone.refusal(renew, { input })).toBeNull();
});

test('a client can’t bring a passport of its own', async () => {
  const { payload, own } = forger;
  const passport = await sign({ ...payload, aud: 'user', service: 'auth' }, { alg: 'ES256' }, own.privateKey);
  for (const header of ['gatehouse-passport', 'Gatehouse-Passport']) {
    const answer = await anyone.post(JSON.stringify({ query: '{ me { id } }' }), {}, { [header]: passport });
    expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  }
});

test('tokens are taken from the header only', async () => {
  const { accessToken } = forger.person.tokens;
  const body = JSON.stringify({ query: '{ me { id } }' });
  for (const attempt of [
    { url: `${gatehouse.url}/graphql?access_token=${accessToken}`, headers: {} },
    { url: `${gatehouse.url}/graphql`, headers: { cookie: `access_token=${accessToken}` } },
    { url: `${gatehouse.url}/graphql`, headers: { authorization: `Basic ${accessToken}` } },
  ]) {
    const response = await anyone.fetch(attempt.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...attempt.headers },
      body,
    });
    expect(await response.text()).toContain('UNAUTHENTICATED');
  }
});
