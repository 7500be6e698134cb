import { newAddress, randomText, type TokenSet } from '@gatehouse/testkit/clients';
import {
  type IdentityProviderServer,
  type SocialServer,
  startIdentityProvider,
  startSocialServer,
  telegramPayload,
} from '@gatehouse/testkit/providers';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addProvider,
  linkAccount,
  linkBy,
  refusalBy,
  signInBy,
  tokenFields,
  unlinkAccount,
} from '../federation.ts';
import { administrator, anyone, mailbox, registerAndConfirm } from '../gatehouse.ts';

let idp: IdentityProviderServer;
let social: SocialServer;
beforeAll(async () => {
  idp = await startIdentityProvider();
  social = await startSocialServer();
});
afterAll(async () => {
  await idp.stop();
  await social.stop();
});

const addSocial = (kind: 'GITHUB' | 'X', input: Record<string, unknown> = {}) =>
  addProvider({
    name: kind,
    kind,
    issuer: social.url,
    clientId: social.client.id,
    clientSecret: social.client.secret,
    ...input,
  });

const me = '{ me { email firstName lastName roles { name } linkedAccounts { account provider { kind } } } }';

test('Google signs up who it has verified', async () => {
  const providerId = await addProvider({
    name: 'Google',
    kind: 'GOOGLE',
    issuer: idp.issuer,
    clientId: idp.client.id,
    clientSecret: idp.client.secret,
    signUp: true,
  });
  const email = newAddress('googler');
  idp.member({ email, email_verified: true, given_name: 'Ada', family_name: 'Lovelace' });
  const { client, tokens } = await signInBy(providerId);
  expect(decodeJwt(tokens.idToken)).toMatchObject({ amr: ['oauth'] });
  expect(await client.ask(me)).toEqual({
    me: {
      email,
      firstName: 'Ada',
      lastName: 'Lovelace',
      roles: [{ name: 'self-registration' }],
      linkedAccounts: [{ account: email, provider: { kind: 'GOOGLE' } }],
    },
  });
});

test('GitHub signs up by the verified primary address, whatever the profile says', async () => {
  const providerId = await addSocial('GITHUB', { signUp: true });
  const email = newAddress('octocat');
  social.github.id = Date.now();
  social.github.emails = [
    { email: newAddress('other'), primary: false, verified: true, visibility: null },
    { email, primary: true, verified: true, visibility: 'public' },
  ];
  const { client } = await signInBy(providerId);
  expect(await client.ask(me)).toMatchObject({
    me: { email, firstName: 'The', lastName: 'Octocat', linkedAccounts: [{ account: 'octocat' }] },
  });
  // Another primary address there is still the same person here.
  social.github.emails = [{ email: newAddress('new'), primary: true, verified: false, visibility: null }];
  expect(await (await signInBy(providerId)).client.ask('{ me { email } }')).toEqual({ me: { email } });
});

test('X is linked to an account, and signs in by it', async () => {
  const providerId = await addSocial('X');
  social.x.id = String(Date.now());
  expect(await refusalBy(providerId)).toBe('ACCOUNT_NOT_LINKED');
  const ada = await registerAndConfirm();
  expect(await linkBy(providerId, ada)).toMatchObject({ account: 'XDevelopers' });
  expect(await (await signInBy(providerId)).client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
});

test('Telegram is linked by its signed payload, signs in, and is unlinked', async () => {
  const botToken = `7712345678:${randomText()}${randomText()}`;
  const providerId = await addProvider({
    name: 'Telegram',
    kind: 'TELEGRAM',
    clientId: 'clinic_bot',
    clientSecret: botToken,
  });
  const { signInProviders } = await anyone.ask<{ signInProviders: { id: string }[] }>(
    '{ signInProviders { id bot startUrl } }',
  );
  expect(signInProviders.find(({ id }) => id === providerId)).toMatchObject({
    bot: 'clinic_bot',
    startUrl: null,
  });

  const ada = await registerAndConfirm();
  const id = String(Date.now());
  const sign = (username: string) => telegramPayload(botToken, { id, firstName: 'Ada', username });
  const { linkAccount: answer } = await ada.client.ask<{ linkAccount: { linkedAccount: { id: string } } }>(
    linkAccount,
    { input: { providerId, telegram: sign('ada') } },
  );
  await mailbox.waitForMail({ to: ada.email, subject: /Telegram can sign in/ });
  const login = `mutation ($input: LoginWithTelegramInput!) {
    loginWithTelegram(input: $input) { ... on TokenSet { ${tokenFields} } } }`;
  const { loginWithTelegram } = await anyone.ask<{ loginWithTelegram: TokenSet }>(login, {
    input: { providerId, payload: sign('countess') },
  });
  expect(
    await anyone.as(loginWithTelegram.accessToken).ask('{ me { id linkedAccounts { account } } }'),
  ).toEqual({
    me: { id: ada.id, linkedAccounts: [{ account: 'countess' }] },
  });
  await ada.client.ask(unlinkAccount, { input: { linkedAccountId: answer.linkedAccount.id } });
  expect(await anyone.refusal(login, { input: { providerId, payload: sign('back') } })).toBe(
    'ACCOUNT_NOT_LINKED',
  );
});

test('a provider in trouble shows in its health', async () => {
  const providerId = await addSocial('GITHUB');
  social.github.id = Date.now() + 1;
  social.github.emails = [];
  const healthOf = async () => {
    const { client } = await administrator();
    const { identityProviders } = await client.ask<{
      identityProviders: { nodes: { id: string; health: unknown }[] };
    }>('{ identityProviders(first: 100) { nodes { id health { status lastError failures } } } }');
    return identityProviders.nodes.find(({ id }) => id === providerId)?.health;
  };
  expect(await healthOf()).toEqual({ status: 'UNKNOWN', lastError: null, failures: 0 });
  const ada = await registerAndConfirm();
  await linkBy(providerId, ada);
  expect(await healthOf()).toMatchObject({ status: 'HEALTHY' });
});
