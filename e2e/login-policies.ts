import { Browser, type Person } from '@gatehouse/testkit/clients';
import { telegramPayload } from '@gatehouse/testkit/providers';
import { newVerifier } from './federation.ts';
import { redirectOf } from './oauth.ts';
import { foundTenant } from './tenants.ts';

type Founded = Awaited<ReturnType<typeof foundTenant>>;

const redirectUri = 'https://app.example.com/callback';
const botToken = '7700000009:policies-of-a-clinic';
export const setLogin =
  'mutation ($input: SetLoginPolicyInput!) { setLoginPolicy(input: $input) { policy { passwordSignIn } } }';
export const setMfa =
  'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { since } } }';
export const login =
  'mutation ($input: LoginInput!) { login(input: $input) { __typename ... on TokenSet { accessToken } } }';
export const refresh =
  'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken refreshToken } }';
const telegramLogin =
  'mutation ($input: LoginWithTelegramInput!) { loginWithTelegram(input: $input) { __typename } }';
export const confirm = `mutation ($input: ConfirmRegistrationInput!) {
  confirmRegistration(input: $input) { __typename ... on TokenSet { accessToken } } }`;

/** A tenant whose policy is about to change, with the doors into it. */
export async function openTenant() {
  const founded = await foundTenant();
  const { there, first, host } = founded;
  const origin = `http://${host}`;
  const { createClient } = await first.client.ask<{ createClient: { client: { id: string } } }>(
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    {
      input: {
        name: 'Chart',
        scopes: ['profile:read'],
        grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN', 'DEVICE_CODE'],
        authMethod: 'NONE',
        redirectUris: [redirectUri],
        firstParty: true,
      },
    },
  );
  const { createIdentityProvider: telegram } = await first.client.ask<{
    createIdentityProvider: { identityProvider: { id: string } };
  }>(
    'mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { identityProvider { id } } }',
    { input: { name: 'Telegram', kind: 'TELEGRAM', clientId: 'clinic_bot', clientSecret: botToken } },
  );
  const clientId = createClient.client.id;
  const { codeVerifier, challenge } = newVerifier();
  const authorize = (parameters: Record<string, string> = {}) =>
    `${origin}/oauth2/authorize?${new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid profile:read offline_access',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...parameters,
    })}`;
  const post = async (path: string, form: Record<string, string>) => {
    const response = await there.anyone.fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: clientId, ...form }).toString(),
    });
    return (await response.json()) as Record<string, string>;
  };
  const browser = () => new Browser({ origin, fetch: there.anyone.fetch });
  const signInOnPage = async (person: Pick<Person, 'email' | 'password'>, at = browser()) => {
    const page = await at.open(authorize());
    return at.submit(page, { identifier: person.email, password: person.password }, '/login');
  };
  return {
    ...founded,
    ...{ origin, authorize, post, browser, signInOnPage },
    providerId: telegram.identityProvider.id,
    /** Tokens of the application, of somebody who signs in on the page. */
    async tokensOf(person: Pick<Person, 'email' | 'password'>, at = browser()) {
      const callback = redirectOf(await signInOnPage(person, at));
      const code = callback.searchParams.get('code') ?? '';
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
      return post('/oauth2/token', { ...form, code_verifier: codeVerifier });
    },
    /** What a script at the page's interaction is answered. */
    async step(at: Browser, name: string, body: object) {
      const page = await at.open(authorize());
      const { status } = await at.request(`${new URL(page.url).pathname}/${name}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { accept: 'application/json', 'content-type': 'application/json', origin },
      });
      return status;
    },
    async linkTelegram(person: Person, id: string) {
      const input = { providerId: telegram.identityProvider.id, telegram: telegramPayload(botToken, { id }) };
      await person.client.ask(
        'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { linkedAccount { id } } }',
        { input },
      );
    },
  };
}

export const byTelegram = (
  { there, providerId }: { there: Founded['there']; providerId: string },
  id: string,
) =>
  there.anyone.ask<{ loginWithTelegram: { __typename: string } }>(telegramLogin, {
    input: { providerId, payload: telegramPayload(botToken, { id, username: 'again' }) },
  });
