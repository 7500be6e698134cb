import { randomText } from '@gatehouse/testkit/clients';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { administrator, anyone, eventually, gatehouse, registerAndConfirm } from '../gatehouse.ts';

const issuer = new URL(`${gatehouse.url}/oauth2`);
const insecure = { execute: [openid.allowInsecureRequests] };
/** A program with the permission to read users. */
let program: { id: string; secret: string; config: openid.Configuration };

beforeAll(async () => {
  program = await createProgram(['users:read']);
});

test('the provider describes itself, and signs tokens that its keys verify', async () => {
  const metadata = program.config.serverMetadata();
  expect(metadata).toMatchObject({
    issuer: issuer.href,
    token_endpoint: `${issuer.href}/token`,
    jwks_uri: expect.stringContaining(gatehouse.url),
  });
  const ada = await registerAndConfirm();
  const keys = createRemoteJWKSet(new URL(String(metadata.jwks_uri)));
  const idToken = await jwtVerify(ada.tokens.idToken, keys, { issuer: issuer.href });
  expect(idToken.payload).toMatchObject({ sub: ada.id, sid: ada.tokens.sessionId });
  const accessToken = await jwtVerify(ada.tokens.accessToken, keys, { issuer: issuer.href, typ: 'at+jwt' });
  expect(accessToken.payload).toMatchObject({
    sub: ada.id,
    sid: ada.tokens.sessionId,
    jti: expect.any(String),
  });
});

test('a program signs in with client credentials and uses the API within its scopes', async () => {
  const tokens = await openid.clientCredentialsGrant(program.config, { scope: 'users:read' });
  const client = anyone.as(tokens.access_token);
  expect(await client.refusal('{ users(first: 1) { nodes { id } } }')).toBeNull();
  expect(await client.refusal('{ roles(first: 1) { nodes { id } } }')).toBe('FORBIDDEN');
  expect(await client.ask('{ session { id } me { id } }')).toEqual({ session: null, me: null });

  expect(await openid.tokenIntrospection(program.config, tokens.access_token)).toMatchObject({
    active: true,
    client_id: program.id,
    scope: 'users:read',
  });
  await openid.tokenRevocation(program.config, tokens.access_token);
  expect(await openid.tokenIntrospection(program.config, tokens.access_token)).toEqual({ active: false });
  await eventually(async () => {
    expect(await client.refusal('{ users(first: 1) { nodes { id } } }')).toBe('UNAUTHENTICATED');
  });
});

test('a program gets no scope it was not given, and none without its secret', async () => {
  await expect(
    openid.clientCredentialsGrant(program.config, { scope: 'users:delete' }),
  ).rejects.toMatchObject({
    error: 'invalid_scope',
  });
  const impostor = await openid.discovery(issuer, program.id, 'not the secret', undefined, insecure);
  await expect(openid.clientCredentialsGrant(impostor)).rejects.toMatchObject({ error: 'invalid_client' });
});

test('a deleted program is refused within a second', async () => {
  const shortLived = await createProgram(['users:read']);
  const { access_token: token } = await openid.clientCredentialsGrant(shortLived.config, {
    scope: 'users:read',
  });
  const admin = await administrator();
  await admin.client.ask(
    'mutation ($input: DeleteClientInput!) { deleteClient(input: $input) { clientId } }',
    {
      input: { clientId: shortLived.id },
    },
  );
  await eventually(async () => {
    expect(await anyone.as(token).refusal('{ users(first: 1) { nodes { id } } }')).toBe('UNAUTHENTICATED');
  });
  await expect(openid.clientCredentialsGrant(shortLived.config)).rejects.toMatchObject({
    error: 'invalid_client',
  });
});

test('what is changed about a program holds for the next token and introspection, whatever it got before', async () => {
  const { id, secret, config } = await createProgram(['users:read', 'roles:read']);
  const { client } = await administrator();
  const granted = async (given: openid.Configuration) =>
    (await openid.clientCredentialsGrant(given)).scope?.split(' ').sort();
  expect(await granted(config)).toEqual(['roles:read', 'users:read']);
  expect(await granted(config)).toEqual(['roles:read', 'users:read']);

  const { access_token } = await openid.clientCredentialsGrant(config);
  expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({ active: true });

  await client.ask(
    'mutation ($input: UpdateClientInput!) { updateClient(input: $input) { client { id } } }',
    {
      input: { clientId: id, scopes: ['users:read'] },
    },
  );
  expect(await granted(config)).toEqual(['users:read']);

  const { rotateClientSecret } = await client.ask<{ rotateClientSecret: { secret: string } }>(
    'mutation ($input: RotateClientSecretInput!) { rotateClientSecret(input: $input) { secret } }',
    { input: { clientId: id } },
  );
  expect(rotateClientSecret.secret).not.toBe(secret);
  await expect(granted(config)).rejects.toMatchObject({ error: 'invalid_client' });
  await expect(openid.tokenIntrospection(config, access_token)).rejects.toMatchObject({
    error: 'invalid_client',
  });
  const renewed = await openid.discovery(issuer, id, rotateClientSecret.secret, undefined, insecure);
  expect(await granted(renewed)).toEqual(['users:read']);
  expect(await openid.tokenIntrospection(renewed, access_token)).toMatchObject({ active: true });
  await expect(granted(config)).rejects.toMatchObject({ error: 'invalid_client' });

  // Tokens are asked for all the while: none is got after the answer.
  const refusals: string[] = [];
  let isDeleted = false;
  const asking = Array.from({ length: 4 }, async () => {
    for (let asked = 0; asked < 200 && refusals.length < 8; asked++) {
      const late = isDeleted;
      const error = await granted(renewed).then(
        () => (late ? 'a token' : undefined),
        ({ error }: { error: string }) => error,
      );
      if (error) refusals.push(error);
    }
  });
  await granted(renewed);
  await client.ask('mutation ($input: DeleteClientInput!) { deleteClient(input: $input) { clientId } }', {
    input: { clientId: id },
  });
  isDeleted = true;
  await Promise.all(asking);
  expect([...new Set(refusals)]).toEqual(['invalid_client']);
});

test('a session from the API goes on over OAuth: refresh, userinfo, revocation', async () => {
  const ada = await registerAndConfirm();
  const { client_id: clientId } = decodeJwt<{ client_id: string }>(ada.tokens.accessToken);
  const config = await openid.discovery(issuer, clientId, undefined, openid.None(), insecure);
  const renewed = await openid.refreshTokenGrant(config, ada.tokens.refreshToken);
  expect(await anyone.as(renewed.access_token).ask('{ session { id } }')).toEqual({
    session: { id: ada.tokens.sessionId },
  });
  expect(await openid.fetchUserInfo(config, renewed.access_token, ada.id)).toMatchObject({
    sub: ada.id,
    email: ada.email,
  });
  await openid.tokenRevocation(config, String(renewed.refresh_token));
  await expect(openid.refreshTokenGrant(config, String(renewed.refresh_token))).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

async function createProgram(scopes: string[]) {
  const admin = await administrator();
  const { createClient } = await admin.client.ask<{
    createClient: { client: { id: string }; secret: string };
  }>('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }', {
    input: { name: `program ${randomText()}`, scopes },
  });
  const { client, secret } = createClient;
  return {
    id: client.id,
    secret,
    config: await openid.discovery(issuer, client.id, secret, undefined, insecure),
  };
}
