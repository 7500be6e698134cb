import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { anyone, gatehouse, otherTenant } from '../gatehouse.ts';
import { newInitialAccessToken, redirectUri } from '../oauth.ts';

const metadata = { client_name: 'Registered alone', redirect_uris: [redirectUri] };

async function register(given: unknown, token?: string, fetch = anyone.fetch) {
  const response = await fetch(`${gatehouse.url}/oauth2/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(given),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('nobody registers without a token, with a made-up one, or with one twice', async () => {
  expect((await register(metadata)).status).toBe(401);
  expect((await register(metadata, 'x'.repeat(43))).status).toBe(401);
  const token = await newInitialAccessToken([]);
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => register(metadata, token)));
  expect(outcomes.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(outcomes.filter(({ status }) => status === 401)).toHaveLength(49);
});

test('a registration gives itself no power that only an administrator gives (mass assignment)', async () => {
  const token = await newInitialAccessToken(['users:read']);
  for (const [bad, error] of [
    [{ redirect_uris: ['http://app.example.com/'] }, 'invalid_redirect_uri'],
    [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] }, 'invalid_client_metadata'],
    [{ grant_types: ['urn:gatehouse:params:oauth:grant-type:session'] }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
    [{ scope: 'openid users:delete' }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      'invalid_client_metadata',
    ],
  ] as const) {
    expect((await register({ ...metadata, ...bad }, token)).body, JSON.stringify(bad)).toMatchObject({
      error,
    });
  }
  expect((await register([metadata], token)).status).toBe(400);
  const { status, body } = await register(
    {
      ...metadata,
      first_party: true,
      firstParty: true,
      permissions: ['users:delete'],
      scopes: ['users:delete'],
      client_id: 'gatehouse',
      client_secret: 'chosen',
      tenant_id: 'another',
      __proto__: { first_party: true },
    },
    token,
  );
  expect(status).toBe(201);
  expect(body.client_id).not.toBe('gatehouse');
  expect(body.client_secret).not.toBe('chosen');
  expect(body.scope).toBe('users:read');
  expect(body).not.toHaveProperty('first_party');
});

test('nothing that a registration names is fetched (SSRF)', async () => {
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const token = await newInitialAccessToken([]);
  for (const name of ['jwks_uri', 'sector_identifier_uri', 'request_uris']) {
    const value = name === 'request_uris' ? [own] : own;
    expect((await register({ ...metadata, [name]: value }, token)).body).toMatchObject({
      error: 'invalid_client_metadata',
    });
  }
  const uris = { logo_uri: own, client_uri: own, policy_uri: own, tos_uri: own, initiate_login_uri: own };
  expect((await register({ ...metadata, ...uris }, token)).status).toBe(201);
  server.close();
  expect(fetched).toBe(0);
});

test('a token of one tenant registers nobody at another', async () => {
  const token = await newInitialAccessToken([]);
  expect((await register(metadata, token, otherTenant.anyone.fetch)).status).toBe(401);
});
