import { randomUUID } from 'node:crypto';
import { GatehouseClient } from '@gatehouse/testkit/clients';
import { base64url, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyone, eventually, gatehouse, memberWith, registerAndConfirm } from '../gatehouse.ts';
import {
  authorize,
  issuer,
  newBrowser,
  newClient,
  newRequest,
  type OauthClient,
  redeem,
  redirectOf,
  redirectUri,
  signInAt,
} from '../oauth.ts';

let client: OauthClient;
let ada: Awaited<ReturnType<typeof registerAndConfirm>>;
beforeAll(async () => {
  [client, ada] = [await newClient(), await registerAndConfirm()];
});

const json = { accept: 'application/json', 'content-type': 'application/json' };

describe('nobody is sent to an address that was not registered:', () => {
  test.each([
    ['another path', 'https://app.example.com/callback/other'],
    ['a path that walks up', 'https://app.example.com/callback/../callback'],
    ['an encoded path that walks up', 'https://app.example.com/callback/%2e%2e/callback'],
    ['a name before the host', 'https://app.example.com@evil.example/callback'],
    ['a password before the host', 'https://a:b@app.example.com/callback'],
    ['another port', 'https://app.example.com:444/callback'],
    ['the port that is meant anyway', 'https://app.example.com:443/callback'],
    ['a fragment', 'https://app.example.com/callback#x'],
    ['a query', 'https://app.example.com/callback?x=1'],
    ['a wildcard', 'https://*.example.com/callback'],
    ['another case', 'https://app.example.com/Callback'],
    ['another host in capitals', 'https://APP.EXAMPLE.COM/callback'],
    ['a subdomain', 'https://app.example.com.evil.example/callback'],
    ['http', 'http://app.example.com/callback'],
    ['a backslash', 'https://app.example.com\\@evil.example/callback'],
    ['a script', 'javascript:alert(1)//https://app.example.com/callback'],
    ['nothing', ''],
  ])('%s', async (_name, uri) => {
    const request = await newRequest(client, { redirect_uri: uri });
    const page = await newBrowser().open(request.url);
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    expect(page.text).not.toContain('href');
  });

  test('a loopback address keeps everything but its port', async () => {
    const native = await newClient({ redirectUris: ['http://127.0.0.1/done'] });
    const outcome = async (uri: string) =>
      (await newBrowser().open((await newRequest(native, { redirect_uri: uri })).url)).status;
    expect(await outcome('http://127.0.0.1:51234/done')).toBe(200);
    for (const uri of [
      'http://127.0.0.1:51234/other',
      'http://127.0.0.2:51234/done',
      'http://localhost:51234/done',
      'https://127.0.0.1/done',
    ])
      expect(await outcome(uri), uri).toBe(400);
  });

  test.each([
    'http://app.example.com/',
    'https://app.example.com/#x',
    'https://*.example.com/',
    'https://user@app.example.com/',
    'https://app.example.com/a/../b',
    'javascript:alert(1)',
    'com.example.app:/callback',
    'https://localhost/',
  ])('%s can’t be registered', async (uri) => {
    await expect(newClient({ redirectUris: [uri] })).rejects.toThrow('BAD_USER_INPUT');
  });
});

describe('PKCE can’t be left out or weakened:', () => {
  test.each([
    ['no challenge', { code_challenge: '', code_challenge_method: '' }],
    ['plain', { code_challenge_method: 'plain' }],
    ['no method', { code_challenge_method: '' }],
  ])('%s', async (_name, parameters) => {
    for (const kind of [client, await newClient({ authMethod: 'CLIENT_SECRET_BASIC' })]) {
      const { url } = await newRequest(kind);
      for (const [name, value] of Object.entries(parameters)) {
        if (value) url.searchParams.set(name, value);
        else url.searchParams.delete(name);
      }
      expect(redirectOf(await newBrowser().open(url)).searchParams.get('error')).toBe('invalid_request');
    }
  });

  test.each([
    ['missing', undefined],
    ['wrong', 'a'.repeat(43)],
  ])('a %s verifier', async (_name, verifier) => {
    const request = await newRequest(client);
    const callback = await authorize(newBrowser(), request.url, ada);
    expect(
      await post('/token', {
        ...codeOf(callback),
        client_id: client.id,
        ...(verifier && { code_verifier: verifier }),
      }),
    ).toMatchObject({
      error: 'invalid_grant',
    });
  });
});

const post = async (path: string, form: Record<string, string>) => {
  const response = await anyone.fetch(`${issuer.href}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return (await response.json()) as Record<string, unknown>;
};
const codeOf = (callback: URL) => ({
  grant_type: 'authorization_code',
  code: callback.searchParams.get('code') ?? '',
  redirect_uri: redirectUri,
});

test('a code that comes in again ends what came of it', async () => {
  const reader = await memberWith(['admin']);
  const api = await newClient({ scopes: ['users:read'] });
  const request = await newRequest(api, { scope: 'openid users:read' });
  const callback = await authorize(newBrowser(), request.url, reader);
  const tokens = await redeem(api, callback, request);
  expect(await anyone.as(tokens.access_token).refusal('{ users { totalCount } }')).toBeNull();
  await expect(redeem(api, callback, request)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(openid.refreshTokenGrant(api.config, tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  await eventually(
    async () =>
      expect(await anyone.as(tokens.access_token).refusal('{ users { totalCount } }')).toBe(
        'UNAUTHENTICATED',
      ),
    1_000,
  );
});

test('a code of one client is of no use to another', async () => {
  const other = await newClient();
  const request = await newRequest(client);
  const callback = await authorize(newBrowser(), request.url, ada);
  const stolen = { ...codeOf(callback), client_id: other.id, code_verifier: request.verifier };
  expect(await post('/token', stolen)).toMatchObject({ error: 'invalid_grant' });
});

test('an answer says which server it comes from (RFC 9207), refusals included', async () => {
  const request = await newRequest(client);
  const callback = await authorize(newBrowser(), request.url, ada);
  expect(callback.searchParams.get('iss')).toBe(issuer.href);
  const refused = redirectOf(await newBrowser().open((await newRequest(client, { prompt: 'none' })).url));
  expect(refused.searchParams.get('iss')).toBe(issuer.href);
  callback.searchParams.set('iss', 'https://evil.example');
  await expect(redeem(client, callback, request)).rejects.toThrow();
});

test('an answer never lies in a fragment or a form', async () => {
  for (const mode of ['fragment', 'form_post', 'web_message']) {
    const page = await newBrowser().open((await newRequest(client, { response_mode: mode })).url);
    expect(page.text + (page.headers.get('location') ?? '')).not.toMatch(/[?&#]code=|name="code"/);
  }
  for (const type of ['token', 'id_token', 'code id_token', 'none']) {
    const page = await newBrowser().open((await newRequest(client, { response_type: type })).url);
    expect(page.text + (page.headers.get('location') ?? ''), type).toMatch(
      /unsupported_response_type|invalid_request/,
    );
  }
});

test('a request object by reference is refused: nothing is fetched', async () => {
  const { url } = await newRequest(client);
  url.searchParams.set('request_uri', 'http://127.0.0.1:1/request');
  const page = await newBrowser().open(url);
  expect(page.text + (page.headers.get('location') ?? '')).toContain('request_uri_not_supported');
});

describe('an interaction belongs to the browser that began it:', () => {
  const begin = async () => {
    const browser = newBrowser();
    const page = await browser.open((await newRequest(client)).url);
    return { browser, page, path: new URL(page.url).pathname };
  };
  const credentials = () => JSON.stringify({ identifier: ada.email, password: ada.password });
  const login = { identifier: '', password: '' };

  test('another browser has no part in it', async () => {
    const { path } = await begin();
    const other = newBrowser();
    expect((await other.request(path)).status).toBe(404);
    const headers = { ...json, origin: gatehouse.url };
    expect(
      (await other.request(`${path}/login`, { method: 'POST', headers, body: credentials() })).status,
    ).toBe(404);
    expect((await other.request(`${path}/consent`, { method: 'POST', headers, body: '{}' })).status).toBe(
      404,
    );
  });

  test('a cookie of one interaction opens no other', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const planted = newBrowser();
    for (const [name, { value }] of mine.browser.cookies) planted.cookies.set(name, { value, path: '/' });
    expect((await planted.request(theirs.path)).status).toBe(404);
  });

  test('a cookie with a changed signature, or none, is no cookie', async () => {
    const { browser, path } = await begin();
    for (const [name, cookie] of browser.cookies)
      if (name.endsWith('.sig')) cookie.value = `${cookie.value.slice(0, -1)}x`;
    expect((await browser.request(path)).status).toBe(404);
  });

  test('a session id planted before the sign-in is not the one after it', async () => {
    const attacker = newBrowser();
    await attacker.request('/oauth2/device');
    const before = attacker.cookies.get('gatehouse_session')?.value;
    expect(before).toBeTruthy();
    const victim = newBrowser();
    for (const [name, cookie] of attacker.cookies) victim.cookies.set(name, { ...cookie });
    await signInAt(client, ada, { browser: victim });
    expect(victim.cookies.get('gatehouse_session')?.value).not.toBe(before);
    const silent = await attacker.open((await newRequest(client, { prompt: 'none' })).url);
    expect(redirectOf(silent).searchParams.get('error')).toBe('login_required');
  });

  test('another site can neither sign in nor consent in it', async () => {
    const { browser, path } = await begin();
    const send = async (step: string, headers: Record<string, string>, body: string) =>
      (await browser.request(`${path}/${step}`, { method: 'POST', headers, body })).status;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const evil = { origin: 'https://evil.example' };
    expect(await send('login', { ...json, ...evil }, credentials())).toBe(403);
    expect(await send('login', json, credentials())).toBe(403);
    expect(await send('login', { ...json, origin: 'null' }, credentials())).toBe(403);
    expect(
      await send('login', { ...json, origin: gatehouse.url, 'sec-fetch-site': 'same-site' }, credentials()),
    ).toBe(403);
    expect(await send('login', { ...form, ...evil }, new URLSearchParams(login).toString())).toBe(403);
    expect(
      await send(
        'login',
        form,
        new URLSearchParams({ identifier: ada.email, password: ada.password }).toString(),
      ),
    ).toBe(403);
    expect(await send('login', { 'content-type': 'text/plain', origin: gatehouse.url }, credentials())).toBe(
      403,
    );
    expect(await send('consent', { ...form, origin: gatehouse.url }, 'csrf=guessed')).toBe(403);
    expect(await send('abort', form, '')).toBe(403);
  });

  test('a form of one interaction does not fit another', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const csrf = /name="csrf" value="([^"]+)"/.exec(mine.page.text)?.[1] ?? '';
    const answer = await theirs.browser.request(`${theirs.path}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: gatehouse.url },
      body: new URLSearchParams({ csrf, identifier: ada.email, password: ada.password }).toString(),
    });
    expect(answer.status).toBe(403);
  });

  test('consent can’t be given before the sign-in, nor the sign-in be skipped', async () => {
    const { browser, path } = await begin();
    const headers = { ...json, origin: gatehouse.url };
    expect((await browser.request(`${path}/consent`, { method: 'POST', headers, body: '{}' })).status).toBe(
      409,
    );
    const uid = path.split('/').at(-1);
    const page = await browser.open(`/oauth2/authorize/${uid}`);
    expect(page.headers.get('location') ?? '').not.toContain('code=');
  });

  test('no other page may frame it', async () => {
    const { page } = await begin();
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  test('what a link says is shown as text', async () => {
    const hint = `"><script>alert(1)</script>`;
    const page = await newBrowser().open((await newRequest(client, { login_hint: hint })).url);
    expect(page.text).not.toContain('<script>');
    expect(page.text).toContain('&lt;script&gt;');
  });

  test('a known and an unknown account get the same answer', async () => {
    const answers = [];
    for (const identifier of [ada.email, `${randomUUID()}@example.com`]) {
      const { browser, path } = await begin();
      const answer = await browser.request(`${path}/login`, {
        method: 'POST',
        headers: { ...json, origin: gatehouse.url },
        body: JSON.stringify({ identifier, password: 'not the password' }),
      });
      answers.push([answer.status, answer.text]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  test('failed sign-ins lock the account here as they do at the API', async () => {
    const { email, password } = await registerAndConfirm();
    const { browser, path } = await begin();
    const attempt = async (text: string) =>
      (
        await browser.request(`${path}/login`, {
          method: 'POST',
          headers: { ...json, origin: gatehouse.url },
          body: JSON.stringify({ identifier: email, password: text }),
        })
      ).status;
    for (let n = 0; n < 5; n++) expect(await attempt('not the password')).toBe(401);
    expect(await attempt(password)).toBe(401);
    expect(
      await anyone.refusal('mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
        input: { identifier: email, password },
      }),
    ).toBe('INVALID_CREDENTIALS');
  });
});

test('a browser’s session is opened by no other site, no other client’s token, and none of long ago', async () => {
  const third = await signInAt(await newClient({ scopes: [] }), ada);
  const open = async (token: string, headers: Record<string, string> = {}) =>
    (
      await newBrowser().request('/oauth2/session', {
        method: 'POST',
        body: '{}',
        headers: { ...json, origin: gatehouse.url, authorization: `Bearer ${token}`, ...headers },
      })
    ).status;
  expect(await open(ada.tokens.accessToken, { origin: 'https://evil.example' })).toBe(403);
  expect(await open(ada.tokens.accessToken, { 'content-type': 'text/plain' })).toBe(403);
  expect(await open(third.access_token)).toBe(401);
  expect(await open(ada.tokens.idToken)).toBe(401);
  expect(await open('a.b.c')).toBe(401);
});

test('a tenant’s browser, client and codes are nothing at another tenant', async () => {
  const browser = newBrowser();
  const request = await newRequest(client);
  const callback = await authorize(browser, request.url, ada);
  const { host } = gatehouse.otherTenant;
  const foreign = new GatehouseClient({ url: gatehouse.url, host }).fetch;
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
  const page = await foreign(`${gatehouse.url}/oauth2/authorize${request.url.search}`, {
    headers: { cookie },
    redirect: 'manual',
  });
  await page.text();
  expect(page.status).toBe(400);
  const redeemed = await foreign(`${gatehouse.url}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...codeOf(callback), client_id: client.id, code_verifier: request.verifier }),
  });
  expect(((await redeemed.json()) as { error: string }).error).toBe('invalid_client');
});

test('a client’s public key is no shared secret (alg confusion)', async () => {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
  const { id } = await newClient({
    scopes: ['users:read'],
    grantTypes: ['CLIENT_CREDENTIALS'],
    authMethod: 'PRIVATE_KEY_JWT',
    redirectUris: [],
    jwks: { keys: [jwk] },
  });
  const claims = {
    iss: id,
    sub: id,
    aud: issuer.href,
    jti: randomUUID(),
    exp: Math.floor(Date.now() / 1000) + 60,
  };
  const secrets = [await exportSPKI(publicKey), JSON.stringify(jwk), JSON.stringify({ keys: [jwk] })];
  const unsigned = `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${base64url.encode(JSON.stringify(claims))}.`;
  const assertions = await Promise.all(
    secrets.map((secret) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(new TextEncoder().encode(secret)),
    ),
  );
  for (const assertion of [...assertions, unsigned]) {
    const answer = await post('/token', {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
    expect(answer.error).toBe('invalid_client');
  }
});
