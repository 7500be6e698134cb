import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, expect, test } from 'vitest';
import { administrator, anyone, eventually, memberWith, registerAndConfirm } from '../gatehouse.ts';
import {
  authorize,
  discover,
  issuer,
  newBrowser,
  newClient,
  newInitialAccessToken,
  newRequest,
  redeem,
  redirectOf,
  redirectUri,
  signInAt,
  signInBound,
} from '../oauth.ts';

test('a device without a browser is connected by a person with one (RFC 8628)', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient({ grantTypes: ['DEVICE_CODE', 'REFRESH_TOKEN'], redirectUris: [] });
  const device = await openid.initiateDeviceAuthorization(client.config, { scope: 'openid email' });
  expect(device.verification_uri).toBe(`${issuer.href}/device`);
  const browser = newBrowser();
  const first = await browser.open(device.verification_uri_complete ?? '');
  // Filled in, but the person sends it.
  expect(first.text).toContain(`value="${device.user_code}"`);
  expect((await browser.submit(first, { user_code: 'BBBB-BBBB' })).text).toContain('There is no such code.');
  const confirm = await browser.submit(await browser.open(device.verification_uri), {
    user_code: device.user_code,
  });
  expect(confirm.text).toContain(device.user_code);
  const login = await browser.submit(confirm, { confirm: 'yes' });
  const consent = await browser.submit(login, { identifier: ada.email, password: ada.password }, '/login');
  expect((await browser.submit(consent, {}, '/consent')).text).toContain('Device connected');
  const tokens = await openid.pollDeviceAuthorizationGrant(client.config, { ...device, interval: 0.01 });
  expect(tokens.claims()).toMatchObject({ sub: ada.id, email: ada.email });
  expect((await openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '')).claims()?.sub).toBe(
    ada.id,
  );
});

test('a request pushed beforehand can’t be seen or changed by the browser (RFC 9126)', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient({ authMethod: 'CLIENT_SECRET_POST' }, openid.ClientSecretPost);
  const request = await newRequest(client);
  const url = await openid.buildAuthorizationUrlWithPAR(client.config, request.url.searchParams);
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  const callback = await authorize(newBrowser(), url, ada);
  expect((await redeem(client, callback, request)).claims()?.sub).toBe(ada.id);
  const again = await newBrowser().open(url);
  expect(again.headers.get('location') ?? again.text).toContain('invalid_request_uri');
});

test('a client proves itself with a key of its own (private_key_jwt)', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] };
  const settings = { scopes: ['users:read'], grantTypes: ['CLIENT_CREDENTIALS'], redirectUris: [] };
  const client = await newClient({ ...settings, authMethod: 'PRIVATE_KEY_JWT', jwks }, () =>
    openid.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
  );
  expect(client.secret).toBeNull();
  const { access_token: token } = await openid.clientCredentialsGrant(client.config);
  expect(await anyone.as(token).refusal('{ users(first: 1) { totalCount } }')).toBeNull();
  const { privateKey: stranger } = await generateKeyPair('ES256');
  const impostor = await discover(client.id, openid.PrivateKeyJwt({ key: stranger, kid: 'one' }));
  await expect(openid.clientCredentialsGrant(impostor)).rejects.toMatchObject({ error: 'invalid_client' });
});

test('a token is bound to a key, and useless without it (RFC 9449)', async () => {
  const reader = await memberWith(['admin']);
  const { client, DPoP, tokens } = await signInBound(reader);
  expect(tokens.token_type).toBe('dpop');
  expect(decodeJwt(tokens.access_token)).toHaveProperty('cnf.jkt');
  expect(await openid.fetchUserInfo(client.config, tokens.access_token, reader.id, { DPoP })).toMatchObject({
    email: reader.email,
  });
  // As a bearer token it is refused: by the API, by userinfo, and its refresh token by the token endpoint.
  expect(await anyone.as(tokens.access_token).refusal('{ users { totalCount } }')).toBe('UNAUTHENTICATED');
  await expect(openid.fetchUserInfo(client.config, tokens.access_token, reader.id)).rejects.toThrow();
  await expect(openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  const other = openid.getDPoPHandle(client.config, await openid.randomDPoPKeyPair());
  await expect(
    openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '', undefined, { DPoP: other }),
  ).rejects.toMatchObject({ error: 'invalid_grant' });
  const renewed = await openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '', undefined, {
    DPoP,
  });
  expect(renewed.token_type).toBe('dpop');
});

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

test('a service goes on in the name of a person with less, and says so (RFC 8693)', async () => {
  const reader = await memberWith(['admin']);
  const app = await newClient({ scopes: ['users:read', 'roles:read'] });
  const tokens = await signInAt(app, reader, { scope: 'openid users:read roles:read' });
  const service = await newClient({
    scopes: ['users:read', 'documents:read'],
    grantTypes: ['TOKEN_EXCHANGE'],
    authMethod: 'CLIENT_SECRET_BASIC',
    redirectUris: [],
  });
  const ask = (parameters: Record<string, string>) =>
    openid.genericGrantRequest(service.config, exchange, {
      subject_token: tokens.access_token,
      subject_token_type: accessToken,
      ...parameters,
    });
  const exchanged = await ask({});
  expect(exchanged).toMatchObject({ issued_token_type: accessToken, scope: 'users:read' });
  expect(exchanged.refresh_token).toBeUndefined();
  expect(decodeJwt(exchanged.access_token)).toMatchObject({
    sub: reader.id,
    client_id: service.id,
    act: { sub: service.id },
    sid: tokens.claims()?.sid,
  });
  const api = anyone.as(exchanged.access_token);
  expect(await api.refusal('{ users { totalCount } }')).toBeNull();
  expect(await api.refusal('{ roles(first: 1) { nodes { id } } }')).toBe('FORBIDDEN');

  // Twice: who acted before is kept.
  const second = decodeJwt((await ask({ subject_token: exchanged.access_token })).access_token);
  expect(second.act).toEqual({ sub: service.id, act: { sub: service.id } });
  for (const [parameters, error] of [
    [{ scope: 'roles:read' }, 'invalid_scope'],
    [{ scope: 'documents:read' }, 'invalid_scope'],
    [{ audience: 'https://elsewhere.example' }, 'invalid_target'],
    [{ subject_token: `${tokens.access_token}x` }, 'invalid_grant'],
    [{ subject_token: tokens.id_token ?? '' }, 'invalid_grant'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [{ actor_token: tokens.access_token, actor_token_type: accessToken }, 'invalid_request'],
  ] as [Record<string, string>, string][]) {
    await expect(ask(parameters), JSON.stringify(Object.keys(parameters))).rejects.toMatchObject({ error });
  }
  await expect(
    openid.genericGrantRequest(app.config, exchange, {
      subject_token: tokens.access_token,
      subject_token_type: accessToken,
    }),
  ).rejects.toMatchObject({ error: 'invalid_request' });
});

test('openid-client registers a client and signs a person in with it', async () => {
  const initialAccessToken = await newInitialAccessToken([]);
  const metadata = { client_name: 'Registered', redirect_uris: [redirectUri] };
  const config = await openid.dynamicClientRegistration(issuer, metadata, undefined, {
    initialAccessToken,
    execute: [openid.allowInsecureRequests],
  });
  const { client_id: id } = config.clientMetadata();
  const ada = await registerAndConfirm();
  expect((await signInAt({ id, secret: null, config }, ada)).claims()?.sub).toBe(ada.id);
});

test('a client registers itself with a token that an administrator gave it, once (RFC 7591)', async () => {
  const token = await newInitialAccessToken(['users:read']);
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true }),
  );
  const register = async (metadata: Parameters<typeof oauth.dynamicClientRegistrationRequest>[1]) =>
    oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(server, metadata, {
        initialAccessToken: token,
        [oauth.allowInsecureRequests]: true,
      }),
    );
  const metadata = { client_name: 'Registered alone', redirect_uris: [redirectUri] };
  const registered = await register({
    ...metadata,
    grant_types: ['authorization_code', 'refresh_token'],
  });
  expect(registered).toMatchObject({ scope: 'users:read', client_secret: expect.any(String) });
  await expect(register(metadata)).rejects.toThrow();

  const ada = await registerAndConfirm();
  const config = await discover(
    registered.client_id,
    openid.ClientSecretBasic(String(registered.client_secret)),
  );
  const client = { id: registered.client_id, secret: null, config };
  const request = await newRequest(client);
  const page = await newBrowser().open(request.url);
  expect(page.text).toContain('Registered alone');
  expect((await signInAt(client, ada)).claims()?.sub).toBe(ada.id);
});

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

test('an application is told of the end of a session, again until it has heard (Back-Channel Logout)', async () => {
  const heard: string[] = [];
  let refusals = 1;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (refusals-- > 0) return void response.writeHead(503).end();
    heard.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.writeHead(200).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ada = await registerAndConfirm();
  const client = await newClient({ backchannelLogoutUri: `http://127.0.0.1:${port}/logout` });
  const tokens = await signInAt(client, ada);
  await ada.client.ask('mutation { revokeAllSessions { endedSessions } }');
  await eventually(async () => expect(heard).toHaveLength(1), 10_000);
  const { jwks_uri: jwksUri } = client.config.serverMetadata();
  const { payload } = await jwtVerify(heard[0] ?? '', createRemoteJWKSet(new URL(String(jwksUri))), {
    issuer: issuer.href,
    audience: client.id,
    typ: 'logout+jwt',
  });
  expect(payload).toMatchObject({
    sub: ada.id,
    sid: tokens.claims()?.sid,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });
  expect(payload).not.toHaveProperty('nonce');
});

test('a client is changed, gets another secret, and is looked at', async () => {
  const { client: admin } = await administrator();
  const client = await newClient({ authMethod: 'CLIENT_SECRET_BASIC' });
  const { rotateClientSecret } = await admin.ask<{ rotateClientSecret: { secret: string } }>(
    'mutation ($input: RotateClientSecretInput!) { rotateClientSecret(input: $input) { secret } }',
    { input: { clientId: client.id } },
  );
  const ada = await registerAndConfirm();
  const request = await newRequest(client);
  const callback = await authorize(newBrowser(), request.url, ada);
  await expect(redeem(client, callback, request)).rejects.toMatchObject({ status: 401 });
  const config = await discover(client.id, openid.ClientSecretBasic(rotateClientSecret.secret));
  expect((await redeem({ ...client, config }, callback, request)).claims()?.sub).toBe(ada.id);

  const elsewhere = 'https://elsewhere.example.com/callback';
  await admin.ask('mutation ($input: UpdateClientInput!) { updateClient(input: $input) { client { id } } }', {
    input: { clientId: client.id, redirectUris: [elsewhere] },
  });
  expect(await admin.ask(`{ client(id: "${client.id}") { redirectUris grantTypes authMethod } }`)).toEqual({
    client: {
      redirectUris: [elsewhere],
      grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
      authMethod: 'CLIENT_SECRET_BASIC',
    },
  });
  expect((await newBrowser().open((await newRequest(client)).url)).status).toBe(400);
  const there = await newBrowser().open(
    (await newRequest(client, { redirect_uri: elsewhere, prompt: 'none' })).url,
  );
  expect(redirectOf(there).searchParams.get('error')).toBe('login_required');
});

test('a page of the application’s own origin may use the endpoints, another one may not', async () => {
  const client = await newClient();
  const answer = async (origin: string) => {
    const response = await anyone.fetch(`${issuer.href}/token`, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id }),
    });
    await response.text();
    return response.headers.get('access-control-allow-origin');
  };
  expect(await answer('https://app.example.com')).toBe('https://app.example.com');
  expect(await answer('https://evil.example')).toBeNull();
});
