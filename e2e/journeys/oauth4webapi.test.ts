import { type Browser, randomText } from '@gatehouse/testkit/clients';
import * as oauth from 'oauth4webapi';
import { beforeAll, expect, test } from 'vitest';
import { gatehouse, memberWith, registerAndConfirm } from '../gatehouse.ts';
import { authorize, issuer, newBrowser, newClient, newInitialAccessToken, redirectUri } from '../oauth.ts';

// Every flow as a second client library makes it; openid-client's are in the journeys beside this one.
const insecure = { [oauth.allowInsecureRequests]: true } as const;
let server: oauth.AuthorizationServer;

beforeAll(async () => {
  const discover = async (algorithm: 'oidc' | 'oauth2') =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
  server = await discover('oidc');
  // RFC 8414 §3 and OpenID Connect Discovery §4: the same server, described twice.
  expect(await discover('oauth2')).toEqual(server);
});

type Party = { client: oauth.Client; authentication: oauth.ClientAuth };

async function newParty(input: Record<string, unknown> = {}): Promise<Party> {
  const { id, secret } = await newClient(input);
  return {
    client: { client_id: id },
    authentication: secret ? oauth.ClientSecretBasic(secret) : oauth.None(),
  };
}

/** Code with PKCE, S256; pushed beforehand (RFC 9126) when asked for. */
async function signIn(
  { client, authentication }: Party,
  person: { email: string; password: string },
  given: { scope?: string; DPoP?: oauth.DPoPHandle; pushed?: true; browser?: Browser } = {},
) {
  const { DPoP } = given;
  const options = { ...insecure, ...(DPoP && { DPoP }) };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(String(server.authorization_endpoint));
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: given.scope ?? 'openid email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  if (given.pushed) {
    const pushed = await oauth.processPushedAuthorizationResponse(
      server,
      client,
      await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, options),
    );
    url.search = String(
      new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }),
    );
  } else url.search = String(parameters);
  // Checks `iss` of the answer too (RFC 9207).
  const callback = oauth.validateAuthResponse(
    server,
    client,
    await authorize(given.browser ?? newBrowser(), url, person),
    state,
  );
  return await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      callback,
      redirectUri,
      verifier,
      options,
    ),
    { expectedNonce: nonce, requireIdToken: true },
  );
}

test('code with PKCE, refresh, userinfo, revocation', async () => {
  const [ada, party] = [await registerAndConfirm(), await newParty()];
  const { client, authentication } = party;
  const tokens = await signIn(party, ada);
  expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: ada.id, email: ada.email });
  const userInfo = await oauth.processUserInfoResponse(
    server,
    client,
    ada.id,
    await oauth.userInfoRequest(server, client, tokens.access_token, insecure),
  );
  expect(userInfo).toMatchObject({ email: ada.email });

  const refresh = async (token: string | undefined) =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, authentication, token ?? '', insecure),
    );
  const renewed = await refresh(tokens.refresh_token);
  expect(oauth.getValidatedIdTokenClaims(renewed)?.sub).toBe(ada.id);
  const token = renewed.refresh_token ?? '';
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, token, insecure),
  );
  await expect(refresh(token)).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('a pushed request (RFC 9126)', async () => {
  const ada = await registerAndConfirm();
  const tokens = await signIn(await newParty({ authMethod: 'CLIENT_SECRET_BASIC' }), ada, { pushed: true });
  expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe(ada.id);
});

test('a pushed request with key-bound tokens (RFC 9126, RFC 9449)', async () => {
  const [ada, party] = [await registerAndConfirm(), await newParty({ dpopBound: true })];
  const DPoP = oauth.DPoP(party.client, await oauth.generateKeyPair('ES256'));
  const tokens = await signIn(party, ada, { DPoP, pushed: true });
  expect(tokens.token_type).toBe('dpop');
  const answer = await oauth.userInfoRequest(server, party.client, tokens.access_token, {
    DPoP,
    ...insecure,
  });
  expect(await answer.json()).toMatchObject({ sub: ada.id });
});

test('client credentials, introspection, and a resource server that checks the token itself (RFC 9068)', async () => {
  const { client, authentication } = await newParty({
    scopes: ['users:read'],
    grantTypes: ['CLIENT_CREDENTIALS'],
    authMethod: 'CLIENT_SECRET_BASIC',
    redirectUris: [],
  });
  const grant = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authentication,
    { scope: 'users:read' },
    insecure,
  );
  const { access_token: token } = await oauth.processClientCredentialsResponse(server, client, grant);
  const introspection = await oauth.introspectionRequest(server, client, authentication, token, insecure);
  expect(await oauth.processIntrospectionResponse(server, client, introspection)).toMatchObject({
    active: true,
    client_id: client.client_id,
    scope: 'users:read',
    token_type: 'Bearer',
  });
  const request = new Request(`${gatehouse.url}/graphql`, { headers: { authorization: `Bearer ${token}` } });
  const audience = `${gatehouse.url}/graphql`;
  expect(await oauth.validateJwtAccessToken(server, request, audience, insecure)).toMatchObject({
    client_id: client.client_id,
    scope: 'users:read',
  });
});

test('a device (RFC 8628)', async () => {
  const ada = await registerAndConfirm();
  const { client, authentication } = await newParty({
    grantTypes: ['DEVICE_CODE', 'REFRESH_TOKEN'],
    redirectUris: [],
  });
  const device = await oauth.processDeviceAuthorizationResponse(
    server,
    client,
    await oauth.deviceAuthorizationRequest(server, client, authentication, { scope: 'openid' }, insecure),
  );
  const poll = async () =>
    oauth.processDeviceCodeResponse(
      server,
      client,
      await oauth.deviceCodeGrantRequest(server, client, authentication, device.device_code, insecure),
    );
  await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
  const browser = newBrowser();
  const confirm = await browser.submit(await browser.open(device.verification_uri), {
    user_code: device.user_code,
  });
  const login = await browser.submit(confirm, { confirm: 'yes' });
  const consent = await browser.submit(login, { identifier: ada.email, password: ada.password }, '/login');
  await browser.submit(consent, {}, '/consent');
  expect(oauth.getValidatedIdTokenClaims(await poll())?.sub).toBe(ada.id);
});

test('token exchange (RFC 8693)', async () => {
  const reader = await memberWith(['admin']);
  const tokens = await signIn(await newParty({ scopes: ['users:read'] }), reader, {
    scope: 'openid users:read',
  });
  const { client, authentication } = await newParty({
    scopes: ['users:read'],
    grantTypes: ['TOKEN_EXCHANGE'],
    authMethod: 'CLIENT_SECRET_BASIC',
    redirectUris: [],
  });
  const subjectTokenType = 'urn:ietf:params:oauth:token-type:access_token';
  const answer = await oauth.genericTokenEndpointRequest(
    server,
    client,
    authentication,
    'urn:ietf:params:oauth:grant-type:token-exchange',
    { subject_token: tokens.access_token, subject_token_type: subjectTokenType },
    insecure,
  );
  expect(await oauth.processGenericTokenEndpointResponse(server, client, answer)).toMatchObject({
    issued_token_type: subjectTokenType,
    scope: 'users:read',
  });
});

test('registration with an initial access token (RFC 7591), and with nothing else', async () => {
  const initialAccessToken = await newInitialAccessToken([]);
  const metadata = { client_name: `party ${randomText()}`, redirect_uris: [redirectUri] };
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(server, metadata, { initialAccessToken, ...insecure }),
  );
  const authentication = oauth.ClientSecretBasic(String(client.client_secret));
  const ada = await registerAndConfirm();
  const tokens = await signIn({ client, authentication }, ada);
  expect(oauth.getValidatedIdTokenClaims(tokens)?.aud).toBe(client.client_id);
  const alone = await oauth.dynamicClientRegistrationRequest(server, metadata, insecure);
  await expect(oauth.processDynamicClientRegistrationResponse(alone)).rejects.toMatchObject({ status: 401 });
});

test('sign-out at the application (RP-Initiated Logout)', async () => {
  const ada = await registerAndConfirm();
  const bye = 'https://app.example.com/bye';
  const party = await newParty({ postLogoutRedirectUris: [bye] });
  const browser = newBrowser();
  const tokens = await signIn(party, ada, { browser });
  const url = new URL(String(server.end_session_endpoint));
  url.search = String(
    new URLSearchParams({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: bye, state: 's' }),
  );
  const left = await browser.submit(await browser.open(url), { logout: 'yes' });
  expect(left.headers.get('location')).toBe(`${bye}?state=s`);
});
