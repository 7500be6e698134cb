import { createHash, randomBytes } from 'node:crypto';
import { Browser, type Person, type TokenSet } from '@gatehouse/testkit/clients';
import type { IdentityProviderServer } from '@gatehouse/testkit/providers';
import { administrator, anyone, gatehouse } from './gatehouse.ts';

export const tokenFields = 'accessToken idToken refreshToken tokenType expiresIn sessionId';

/** What a script of ours keeps while somebody is away at a provider. */
export const newVerifier = () => {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, challenge: createHash('sha256').update(codeVerifier).digest('base64url') };
};

export const newBrowser = (origin = gatehouse.url) => new Browser({ origin, fetch: anyone.fetch });

export const createProvider = `mutation ($input: CreateIdentityProviderInput!) {
  createIdentityProvider(input: $input) { identityProvider { id redirectUri } } }`;
export const updateProvider = `mutation ($input: UpdateIdentityProviderInput!) {
  updateIdentityProvider(input: $input) { identityProvider { id } } }`;

/** Adds a provider to the tenant: its id. */
export async function addProvider(
  input: Record<string, unknown>,
  by: Pick<Person, 'client'> | Promise<Pick<Person, 'client'>> = administrator(),
): Promise<string> {
  const { createIdentityProvider } = await (await by).client.ask<{
    createIdentityProvider: { identityProvider: { id: string } };
  }>(createProvider, { input: { name: 'The Clinic', ...input } });
  return createIdentityProvider.identityProvider.id;
}

/** The whole of an `oidc-provider` as a provider of the tenant. */
export const addOpenid = (
  idp: IdentityProviderServer,
  input: Record<string, unknown> = {},
  by?: Pick<Person, 'client'>,
) =>
  addProvider(
    { kind: 'OIDC', issuer: idp.issuer, clientId: idp.client.id, clientSecret: idp.client.secret, ...input },
    by,
  );

export const updateOf = async (identityProviderId: string, input: Record<string, unknown>) =>
  (await administrator()).client.ask(updateProvider, { input: { identityProviderId, ...input } });

export const startUrl = (providerId: string, challenge: string, returnTo = '/signed-in') =>
  `/oauth2/federation/${providerId}/start?${new URLSearchParams({ code_challenge: challenge, return_to: returnTo })}`;

export function locationOf({
  status,
  headers,
  text,
}: {
  status: number;
  headers: Headers;
  text: string;
}): URL {
  const location = headers.get('location');
  if (!location) throw new Error(`no redirect: ${status} ${text}`);
  return new URL(location);
}

/** As far as the provider: the answer that it sends the browser back with. */
export async function answerOf(browser: Browser, providerId: string, challenge: string): Promise<URL> {
  const away = locationOf(await browser.request(startUrl(providerId, challenge)));
  return locationOf(await newBrowser(away.origin).open(away));
}

/** There and back: where the browser ends, with a code. */
export async function visit(providerId: string, challenge: string, browser = newBrowser()): Promise<URL> {
  return locationOf(await browser.request(await answerOf(browser, providerId, challenge)));
}

/** A code and its verifier: what a page of ours holds when somebody comes back from a provider. */
export async function codeFrom(providerId: string): Promise<{ code: string; codeVerifier: string }> {
  const { codeVerifier, challenge } = newVerifier();
  const back = await visit(providerId, challenge);
  const code = back.searchParams.get('code');
  if (!code) throw new Error(`no code: ${back}`);
  return { code, codeVerifier };
}

export const completeExternalLogin = `mutation ($input: CompleteExternalLoginInput!) {
  completeExternalLogin(input: $input) {
    __typename ... on TokenSet { ${tokenFields} } ... on MfaChallenge { challengeId methods } } }`;
export const linkAccount = `mutation ($input: LinkAccountInput!) {
  linkAccount(input: $input) { linkedAccount { id account provider { name } } } }`;
export const unlinkAccount =
  'mutation ($input: UnlinkAccountInput!) { unlinkAccount(input: $input) { linkedAccountId } }';

/** Signs in by a provider: the tokens, and a client that speaks with them. */
export async function signInBy(providerId: string) {
  const input = await codeFrom(providerId);
  const { completeExternalLogin: tokens } = await anyone.ask<{ completeExternalLogin: TokenSet }>(
    completeExternalLogin,
    { input },
  );
  return { tokens, client: anyone.as(tokens.accessToken) };
}

/** What a sign-in by a provider is refused with; null when it is not. */
export const refusalBy = async (providerId: string) =>
  anyone.refusal(completeExternalLogin, { input: await codeFrom(providerId) });

/** Links an account at the provider to somebody who is signed in. */
export const linkBy = async (providerId: string, { client }: Pick<Person, 'client'>) =>
  (
    await client.ask<{ linkAccount: { linkedAccount: { id: string; account: string | null } } }>(
      linkAccount,
      {
        input: await codeFrom(providerId),
      },
    )
  ).linkAccount.linkedAccount;
