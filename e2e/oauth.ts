import { Browser, type Credentials, type Page, randomText } from '@gatehouse/testkit/clients';
import * as openid from 'openid-client';
import { administrator, anyone, gatehouse } from './gatehouse.ts';

export const issuer = new URL(`${gatehouse.url}/oauth2`);
export const redirectUri = 'https://app.example.com/callback';

export const newBrowser = () => new Browser({ origin: gatehouse.url, fetch: anyone.fetch });

export type ClientInput = Record<string, unknown>;
export type OauthClient = { id: string; secret: string | null; config: openid.Configuration };

const createClient = `mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }`;

/** A client that signs people in by default: public, with one redirect URI. */
export async function newClient(
  input: ClientInput = {},
  authentication?: (secret: string) => openid.ClientAuth,
): Promise<OauthClient> {
  const { client: admin } = await administrator();
  const answer = await admin.ask<{ createClient: { client: { id: string }; secret: string | null } }>(
    createClient,
    {
      input: {
        name: `client ${randomText()}`,
        scopes: [],
        grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
        authMethod: 'NONE',
        redirectUris: [redirectUri],
        ...input,
      },
    },
  );
  const { client, secret } = answer.createClient;
  const proof = authentication
    ? authentication(secret ?? '')
    : secret
      ? openid.ClientSecretBasic(secret)
      : openid.None();
  return { id: client.id, secret, config: await discover(client.id, proof) };
}

/** With it a client registers itself, once. */
export async function newInitialAccessToken(scopes: string[]): Promise<string> {
  const { client: admin } = await administrator();
  const { createInitialAccessToken } = await admin.ask<{ createInitialAccessToken: { token: string } }>(
    'mutation ($input: CreateInitialAccessTokenInput!) { createInitialAccessToken(input: $input) { token } }',
    { input: { scopes } },
  );
  return createInitialAccessToken.token;
}

export const discover = (clientId: string, authentication: openid.ClientAuth) =>
  openid.discovery(issuer, clientId, undefined, authentication, {
    execute: [openid.allowInsecureRequests],
  });

export type Request = { url: URL; verifier: string; state: string; nonce: string };

/** An authorization request as a careful client makes it. */
export async function newRequest(
  client: OauthClient,
  parameters: Record<string, string> = {},
): Promise<Request> {
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(client.config, {
    redirect_uri: redirectUri,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  });
  return { url, verifier, state, nonce };
}

/** Signs in on the page and allows what is asked: where the browser is sent then. */
export async function authorize(
  browser: Browser,
  url: URL,
  person?: Credentials & { [key: string]: unknown },
): Promise<URL> {
  let page = await browser.open(url);
  if (person && page.text.includes('name="password"')) {
    page = await browser.submit(page, { identifier: person.email, password: person.password }, '/login');
  }
  if (page.text.includes('asks for access')) page = await browser.submit(page, {}, '/consent');
  return redirectOf(page);
}

/** Where a page leads away to. */
export function redirectOf(page: Page): URL {
  const location = page.headers.get('location');
  if (!location) throw new Error(`no redirect: ${page.status} ${page.url} ${page.text}`);
  return new URL(location);
}

export const redeem = (client: OauthClient, callback: URL, { verifier, state, nonce }: Request) =>
  openid.authorizationCodeGrant(client.config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });

/** A person signs in at a client whose tokens are bound to a key (RFC 9449); with what they are used. */
export async function signInBound(person: Credentials, input: ClientInput = {}) {
  const client = await newClient({ scopes: ['users:read'], dpopBound: true, ...input });
  const key = await openid.randomDPoPKeyPair('ES256', { extractable: true });
  const DPoP = openid.getDPoPHandle(client.config, key);
  const request = await newRequest(client, { scope: 'openid email users:read' });
  const callback = await authorize(newBrowser(), request.url, person);
  const checks = {
    pkceCodeVerifier: request.verifier,
    expectedState: request.state,
    expectedNonce: request.nonce,
  };
  const tokens = await openid.authorizationCodeGrant(client.config, callback, checks, undefined, { DPoP });
  return { client, key, DPoP, tokens };
}

/** The whole way: a person signs in at a client. */
export async function signInAt(
  client: OauthClient,
  person: Credentials,
  given: { browser?: Browser; scope?: string } = {},
) {
  const request = await newRequest(client, given.scope ? { scope: given.scope } : {});
  const callback = await authorize(given.browser ?? newBrowser(), request.url, person);
  return await redeem(client, callback, request);
}
