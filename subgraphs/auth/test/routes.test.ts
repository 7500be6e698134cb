import { request } from 'node:http';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { as, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
let admin: Awaited<ReturnType<TestAuth['login']>>;
beforeAll(async () => {
  auth = await startAuth();
  await auth.account('root', { permissions: ['clients:write', 'clients:read', 'users:read', 'roles:read'] });
  admin = await auth.login('root');
});
afterAll(() => auth.stop());

const issuer = 'http://localhost:4000/oauth2';

/** What a client of the public address asks, sent to the port of this test; the host is named in a header of the test. */
const onTestPort: oauth.CustomFetch = (url, options) => {
  const target = new URL(url);
  return fetch(`${auth.base}${target.pathname}${target.search}`, {
    method: options.method,
    headers: { ...options.headers, 'x-test-host': target.host },
    body: options.body as string | undefined,
  });
};

async function discover(clientId: string, secret?: string): Promise<oauth.Configuration> {
  const authentication = secret ? oauth.ClientSecretBasic(secret) : oauth.None();
  const config = await oauth.discovery(new URL(issuer), clientId, {}, authentication, {
    execute: [oauth.allowInsecureRequests],
    [oauth.customFetch]: onTestPort,
  });
  return config;
}

async function newClient(scopes: string[]): Promise<{ id: string; secret: string }> {
  const caller = as(await auth.principal(admin.accessToken));
  const { data, errors } = await auth.ask(
    caller,
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id name scopes } secret } }',
    { input: { name: 'Reports', scopes } },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return { id: data.createClient.client.id, secret: data.createClient.secret };
}

it('says in discovery what there is, and no more', async () => {
  for (const path of [
    '/oauth2/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/oauth2',
  ]) {
    const document = await (await fetch(`${auth.base}${path}`)).json();
    expect(document).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/me`,
      introspection_endpoint: `${issuer}/token/introspection`,
      revocation_endpoint: `${issuer}/token/revocation`,
      authorization_endpoint: `${issuer}/authorize`,
      pushed_authorization_request_endpoint: `${issuer}/par`,
      device_authorization_endpoint: `${issuer}/device/authorize`,
      end_session_endpoint: `${issuer}/logout`,
      registration_endpoint: `${issuer}/register`,
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      request_uri_parameter_supported: false,
      id_token_signing_alg_values_supported: ['ES256'],
    });
    expect(JSON.stringify(document)).not.toContain('urn:gatehouse:params');
  }
  const jwks = (await (await fetch(`${auth.base}/oauth2/jwks`)).json()) as { keys: object[] };
  expect(jwks.keys).toHaveLength(1);
  expect(jwks.keys[0]).toMatchObject({ kty: 'EC', alg: 'ES256', use: 'sig' });
  expect(jwks.keys[0]).not.toHaveProperty('d');
});

it('answers nothing else, and nobody of an unknown host', async () => {
  for (const path of [
    '/auth',
    '/reg',
    '/request',
    '/authorize/x',
    '/backchannel',
    '/session/end',
    '/interaction/x',
    '/',
    '/../x',
  ]) {
    const response = await fetch(`${auth.base}/oauth2${path}`);
    expect([path, response.status]).toEqual([path, 404]);
  }
  expect((await fetch(`${auth.base}/.well-known/openid-configuration`)).status).toBe(404);
  const response = await fetch(`${auth.base}/oauth2/jwks`, { headers: { 'x-test-host': 'evil.example' } });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: 'unknown_host' });
});

it('believes no forwarding header but its own configuration', async () => {
  const response = await fetch(`${auth.base}/oauth2/.well-known/openid-configuration`, {
    headers: {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    },
  });
  expect(await response.text()).not.toContain('evil.example');
});

it('issues to a client what it is allowed, and refuses the rest', async () => {
  const { id, secret } = await newClient(['users:read', 'roles:read']);
  const config = await discover(id, secret);
  const whole = await oauth.clientCredentialsGrant(config);
  expect(whole).toMatchObject({ token_type: 'bearer', scope: 'roles:read users:read', expires_in: 600 });
  expect(await auth.principal(whole.access_token)).toMatchObject({
    kind: 'client',
    clientId: id,
    permissions: ['roles:read', 'users:read'],
  });
  const narrow = await oauth.clientCredentialsGrant(config, { scope: 'users:read' });
  expect(await auth.principal(narrow.access_token)).toMatchObject({ permissions: ['users:read'] });
  await expect(
    oauth.clientCredentialsGrant(config, { scope: 'users:read users:write' }),
  ).rejects.toMatchObject({ error: 'invalid_scope' });

  await expect(oauth.clientCredentialsGrant(await discover(id, 'wrong'))).rejects.toMatchObject({
    status: 401,
  });
  const hash = await auth.deps.database.pool.query(
    'select secret_hash from auth.oauth_client where id = $1',
    [id],
  );
  expect(hash.rows[0].secret_hash).not.toBe(secret);
  await expect(
    oauth.clientCredentialsGrant(await discover(id, hash.rows[0].secret_hash)),
  ).rejects.toMatchObject({ status: 401 });
});

it('gives no scope that the administrator does not hold', async () => {
  await expect(newClient(['users:delete'])).rejects.toThrow('FORBIDDEN');
  await expect(newClient(['not a permission'])).rejects.toThrow('BAD_USER_INPUT');
});

it('refuses tokens of a deleted client', async () => {
  const { id, secret } = await newClient(['users:read']);
  const config = await discover(id, secret);
  const { access_token } = await oauth.clientCredentialsGrant(config);
  const caller = as(await auth.principal(admin.accessToken));
  const document = 'mutation ($input: DeleteClientInput!) { deleteClient(input: $input) { clientId } }';
  expect((await auth.ask(caller, document, { input: { clientId: id } })).errors).toBeUndefined();
  expect(await auth.principal(access_token)).toBeNull();
  await expect(oauth.clientCredentialsGrant(config)).rejects.toMatchObject({ status: 401 });
  await until(() => auth.revocations.some(({ userId }) => userId === id));
  expect(await auth.refusal(caller, document, { input: { clientId: id } })).toBe('NOT_FOUND');
});

it('refreshes, introspects, tells about and revokes the tokens of a person', async () => {
  const ada = await auth.account('ada');
  const tokens = await auth.login('ada');
  const config = await discover('gatehouse');
  const renewed = await oauth.refreshTokenGrant(config, tokens.refreshToken);
  expect(renewed.claims()).toMatchObject({ sub: ada.userId, sid: tokens.sessionId });

  expect(await oauth.fetchUserInfo(config, renewed.access_token, ada.userId)).toMatchObject({
    sub: ada.userId,
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    roles: ['user'],
  });
  const { id, secret } = await newClient(['users:read']);
  const resourceServer = await discover(id, secret);
  expect(await oauth.tokenIntrospection(resourceServer, renewed.access_token)).toMatchObject({
    active: true,
    sub: ada.userId,
    sid: tokens.sessionId,
    client_id: 'gatehouse',
    tenant: ada.tenantId,
    token_type: 'Bearer',
  });
  expect(await oauth.tokenIntrospection(resourceServer, tokens.refreshToken)).toEqual({ active: false });
  expect(await oauth.tokenIntrospection(resourceServer, `${renewed.access_token}x`)).toEqual({
    active: false,
  });

  // Another client may not revoke it; its own may, and that ends the session.
  await expect(oauth.tokenRevocation(resourceServer, renewed.access_token)).resolves.toBeUndefined();
  expect(await auth.principal(renewed.access_token)).not.toBeNull();
  await oauth.tokenRevocation(config, renewed.access_token);
  expect(await auth.principal(renewed.access_token)).toBeNull();
  expect(await oauth.tokenIntrospection(resourceServer, renewed.access_token)).toEqual({ active: false });
  await expect(oauth.refreshTokenGrant(config, renewed.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  await expect(oauth.fetchUserInfo(config, renewed.access_token, ada.userId)).rejects.toThrow();
  expect(await auth.securityEvents(ada.userId)).toContain('SESSION_REVOKED');
  await until(() => auth.revocations.some(({ sessionId, ended }) => ended && sessionId === tokens.sessionId));
});

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${auth.base}/oauth2${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });

it('keeps its private grant to itself', async () => {
  const response = await post(
    '/token',
    'client_id=gatehouse&grant_type=urn:gatehouse:params:oauth:grant-type:session',
  );
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' });
});

it('answers malformed requests with coded errors', async () => {
  const outcomes = await Promise.all([
    post('/token', ''),
    post('/token', 'grant_type=refresh_token&client_id=gatehouse'),
    post('/token', 'grant_type=password&client_id=gatehouse&username=a&password=b'),
    post('/token', '{"grant_type":"refresh_token"}', { 'content-type': 'application/json' }),
    post('/token', `client_id=gatehouse&grant_type=refresh_token&refresh_token=${'%00'.repeat(10)}`),
    post('/token', `client_id=${encodeURIComponent("' or 1=1 --")}&grant_type=client_credentials`),
    post('/token/introspection', 'client_id=gatehouse&token=a&token=b'),
    post('/token', 'x'.repeat(100_000)),
    fetch(`${auth.base}/oauth2/me`, { headers: { authorization: 'Bearer nonsense' } }),
    fetch(`${auth.base}/oauth2/me`),
    fetch(`${auth.base}/oauth2/token`),
  ]);
  const answers = await Promise.all(
    outcomes.map(async (response) => [response.status, (await response.text()).slice(0, 300)]),
  );
  expect(answers.map(([status]) => status)).toEqual([400, 400, 400, 400, 400, 401, 400, 413, 401, 401, 405]);
  for (const [, text] of answers) expect(String(text)).toMatch(/"error":"|^$/);
});

it('survives a request that breaks off', async () => {
  await new Promise<void>((resolve) => {
    const broken = request(`${auth.base}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1000' },
    });
    broken.on('error', () => resolve());
    broken.write('grant_type=');
    setTimeout(() => broken.destroy(), 20);
  });
  expect((await fetch(`${auth.base}/oauth2/jwks`)).status).toBe(200);
});

it('reads a client and the token it asks about by one statement', async () => {
  const { id, secret } = await newClient(['users:read']);
  const queries = vi.spyOn(auth.deps.database.pool, 'query');
  const answer = await fetch(`${auth.base}/oauth2/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ token: admin.accessToken }),
  });
  const names = queries.mock.calls.map(([query]) => (query as unknown as { name?: string }).name);
  vi.restoreAllMocks();
  expect(await answer.json()).toMatchObject({ active: true, client_id: 'gatehouse' });
  expect(names.filter(Boolean)).toEqual(['auth_artifact_find_tokens_and_client']);
});

it('a client that names another one beside itself learns nothing', async () => {
  const [one, other] = [await newClient(['users:read']), await newClient(['users:read'])];
  const answer = await fetch(`${auth.base}/oauth2/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${one.id}:${other.secret}`).toString('base64')}` },
    body: new URLSearchParams({ token: admin.accessToken, client_id: other.id }),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
});
