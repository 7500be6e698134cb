import { type Browser, newAddress, newPassword, type TokenSet } from '@gatehouse/testkit/clients';
import { type IdentityProviderServer, startIdentityProvider } from '@gatehouse/testkit/providers';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addOpenid,
  answerOf,
  codeFrom,
  completeExternalLogin,
  linkBy,
  locationOf,
  newBrowser,
  newVerifier,
  signInBy,
  tokenFields,
  unlinkAccount,
  updateOf,
} from '../federation.ts';
import { administrator, anyone, eventually, gatehouse, mailbox, registerAndConfirm } from '../gatehouse.ts';
import { addAuthenticator, verifyMfa } from '../mfa.ts';
import { newClient, newRequest, redeem, signInAt } from '../oauth.ts';

let idp: IdentityProviderServer;
beforeAll(async () => {
  idp = await startIdentityProvider();
});
afterAll(() => idp.stop());

test('a person of the clinic signs in with its directory, and gets an account with its roles', async () => {
  const providerId = await addOpenid(idp, {
    signUp: true,
    emailDomains: ['clinic.example'],
    claims: { roles: 'roles' },
    roleMappings: [{ value: 'Ward Managers', role: 'admin' }],
  });
  const email = newAddress('nurse').replace('@example.com', '@clinic.example');
  const member = { email, email_verified: true, given_name: 'Nora', family_name: 'Nurse' };
  const id = idp.member({ ...member, roles: ['Ward Managers', 'Everybody'] });
  const { client, tokens } = await signInBy(providerId);
  expect(decodeJwt(tokens.idToken)).toMatchObject({ email, amr: ['sso'] });
  const me =
    '{ me { id email firstName status roles { name } linkedAccounts { account provider { name kind } } } }';
  const first = await client.ask<{ me: { id: string } }>(me);
  expect(first).toMatchObject({
    me: {
      email,
      firstName: 'Nora',
      status: 'ACTIVE',
      roles: [{ name: 'admin' }, { name: 'user' }],
      linkedAccounts: [{ account: email, provider: { name: 'The Clinic', kind: 'OIDC' } }],
    },
  });

  // The same person again, whom the clinic has taken the role from.
  idp.members.set(id, { ...member, roles: ['Everybody'] });
  idp.state.signsIn = id;
  const again = await signInBy(providerId);
  expect(await again.client.ask(me)).toMatchObject({ me: { id: first.me.id, roles: [{ name: 'user' }] } });

  const { client: admin } = await administrator();
  const { identityProviders } = await admin.ask<{
    identityProviders: { nodes: { id: string; health: { successes: number } }[] };
  }>(
    '{ identityProviders(first: 100) { nodes { id hasSecret redirectUri health { status lastError successes } } } }',
  );
  const shown = identityProviders.nodes.find((one) => one.id === providerId);
  expect(shown).toMatchObject({ hasSecret: true, health: { status: 'HEALTHY', lastError: null } });
  expect(shown?.health.successes).toBeGreaterThan(1);
});

test('who says no at the provider comes back without a code', async () => {
  const providerId = await addOpenid(idp);
  idp.state.denies = true;
  const browser = newBrowser();
  const answer = await answerOf(browser, providerId, newVerifier().challenge).finally(() => {
    idp.state.denies = false;
  });
  const back = locationOf(await browser.request(answer));
  expect(Object.fromEntries(back.searchParams)).toEqual({ error: 'access_denied' });
});

test('an account links a directory, signs in by it, and unlinks it; its holder is told by mail', async () => {
  const providerId = await addOpenid(idp);
  const ada = await registerAndConfirm();
  idp.member({ email: 'countess@analytical.example', email_verified: false });
  const linked = await linkBy(providerId, ada);
  expect(linked.account).toBe('countess@analytical.example');
  await mailbox.waitForMail({ to: ada.email, subject: /The Clinic can sign in/ });

  const { client } = await signInBy(providerId);
  expect(await client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
  const { securityEvents } = await ada.client.ask<{ securityEvents: { nodes: { type: string }[] } }>(
    '{ securityEvents(first: 10) { nodes { type } } }',
  );
  expect(securityEvents.nodes.map(({ type }) => type)).toContain('ACCOUNT_LINKED');

  await ada.client.ask(unlinkAccount, { input: { linkedAccountId: linked.id } });
  await mailbox.waitForMail({ to: ada.email, subject: /The Clinic was unlinked/ });
  expect(await anyone.refusal(completeExternalLogin, { input: await codeFrom(providerId) })).toBe(
    'ACCOUNT_NOT_LINKED',
  );
});

test('the UI asks for the password of the directory, which decides about it', async () => {
  const providerId = await addOpenid(idp, { signUp: true, passwordLogin: true });
  const [email, password] = [newAddress('pass'), newPassword()];
  idp.member({ email, email_verified: true, password });
  const login = `mutation ($input: LoginWithProviderInput!) {
    loginWithProvider(input: $input) { ... on TokenSet { ${tokenFields} } } }`;
  const given = { providerId, username: email };
  expect(await anyone.refusal(login, { input: { ...given, password: newPassword() } })).toBe(
    'INVALID_CREDENTIALS',
  );
  expect(await anyone.refusal(login, { input: { ...given, username: newAddress(), password } })).toBe(
    'INVALID_CREDENTIALS',
  );
  const { loginWithProvider } = await anyone.ask<{ loginWithProvider: TokenSet }>(login, {
    input: { ...given, password },
  });
  expect(await anyone.as(loginWithProvider.accessToken).ask('{ me { email } }')).toEqual({ me: { email } });
});

test('a token of the directory opens the API for who is linked, until the tenant takes it back', async () => {
  const providerId = await addOpenid(idp, { acceptTokens: true, tokenAudience: idp.api });
  const ada = await registerAndConfirm();
  const member = { email: newAddress(), password: newPassword() };
  idp.member(member);
  const token = await idp.accessToken(member);
  expect(await anyone.as(token).refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
  await linkBy(providerId, ada);
  const client = anyone.as(await idp.accessToken(member));
  expect(await client.ask('{ me { id email } }')).toEqual({ me: { id: ada.id, email: ada.email } });

  await updateOf(providerId, { enabled: false });
  const refused = async () => expect(await client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
  await eventually(refused);
  await updateOf(providerId, { enabled: true });
  // What was refused is not asked about again at once; another token is.
  const fresh = async () => anyone.as(await idp.accessToken(member));
  await eventually(async () => expect(await (await fresh()).refusal('{ me { id } }')).toBeNull());
});

test('an application’s sign-in page leads to the directory and back', async () => {
  const providerId = await addOpenid(idp, { name: 'Directory of the page', signUp: true });
  const email = newAddress('page');
  idp.member({ email, email_verified: true });
  const application = await newClient({ firstParty: true });
  const request = await newRequest(application);
  const browser = newBrowser();
  const done = await throughPage(browser, request.url, providerId);
  const tokens = await redeem(application, locationOf(done), request);
  expect(tokens.claims()).toMatchObject({ email });
});

/** Signs in at a provider by its button on the sign-in page, as far as the way back to the client. */
async function throughPage(browser: Browser, question: URL, providerId: string) {
  const page = await browser.open(question);
  expect(page.text).toContain('Continue with Directory');
  const form = page.text.split('<form').find((part) => part.includes(providerId));
  const csrf = /name="csrf" value="([^"]+)"/.exec(form ?? '')?.[1] ?? '';
  const action = /action="([^"]+)"/.exec(form ?? '')?.[1] ?? '';
  const away = locationOf(
    await browser.request(new URL(action, page.url), {
      method: 'POST',
      body: new URLSearchParams({ csrf, providerId }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin },
    }),
  );
  return browser.open(locationOf(await newBrowser(away.origin).open(away)));
}

test('who came from a directory is told where to sign out there, too', async () => {
  const providerId = await addOpenid(idp, { name: 'Directory to leave', signUp: true });
  const email = newAddress('leaver');
  const memberId = idp.member({ email, email_verified: true });
  const complete = `mutation ($input: CompleteExternalLoginInput!) {
    completeExternalLogin(input: $input) { __typename ... on TokenSet { ${tokenFields} } ... on MfaChallenge { challengeId } } }`;
  const question = '{ session { providerLogoutUrl } }';
  const urlFor = async (token: string) => {
    const { session } = await anyone
      .as(token)
      .ask<{ session: { providerLogoutUrl: string | null } }>(question);
    return session.providerLogoutUrl;
  };
  const signIn = async () =>
    (
      await anyone.ask<{ completeExternalLogin: TokenSet & { challengeId: string } }>(complete, {
        input: await codeFrom(providerId),
      })
    ).completeExternalLogin;

  const tokens = await signIn();
  const url = new URL((await urlFor(tokens.accessToken)) ?? '');
  expect(url.origin).toBe(idp.issuer);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    client_id: idp.client.id,
    post_logout_redirect_uri: `${gatehouse.url}/`,
  });
  expect(decodeJwt(url.searchParams.get('id_token_hint') ?? '')).toMatchObject({
    iss: idp.issuer,
    sub: memberId,
  });

  // After a second factor, too.
  const { app } = await addAuthenticator({ client: anyone.as(tokens.accessToken) });
  const { challengeId } = await signIn();
  const { verifyMfa: verified } = await anyone.ask<{ verifyMfa: TokenSet }>(verifyMfa, {
    input: { challengeId, method: 'TOTP', code: await app.next() },
  });
  expect(await urlFor(verified.accessToken)).toContain('id_token_hint=');
  // It stays with the session that came from there, and is nobody else's.
  expect(await urlFor(tokens.accessToken)).toContain('id_token_hint=');
  const ada = await registerAndConfirm();
  expect(await ada.client.ask(question)).toEqual({ session: { providerLogoutUrl: null } });
  await updateOf(providerId, { enabled: false });
  expect(await urlFor(verified.accessToken)).toBeNull();
});

test('who signs out on our pages is led on to the directory that they came from', async () => {
  const providerId = await addOpenid(idp, { name: 'Directory <next>', signUp: true });
  const memberId = idp.member({ email: newAddress('leaver'), email_verified: true });
  const application = await newClient({ firstParty: true });
  const request = await newRequest(application);
  const browser = newBrowser();
  const done = await throughPage(browser, request.url, providerId);
  const tokens = await redeem(application, locationOf(done), request);
  const hint = { id_token_hint: tokens.id_token ?? '' };
  const asked = await browser.open(openid.buildEndSessionUrl(application.config, hint));
  // Nothing is told of it before they have signed out.
  expect(asked.text).not.toContain(idp.issuer);
  const page = await browser.submit(asked, { logout: 'yes' });
  expect(page.text).toContain('Sign out at Directory &lt;next&gt;');
  const link = /href="([^"]+)" rel="noreferrer"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const url = new URL(link);
  expect(url.origin).toBe(idp.issuer);
  expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${gatehouse.url}/`);
  expect(decodeJwt(url.searchParams.get('id_token_hint') ?? '')).toMatchObject({ sub: memberId });
  // Once, and in no other browser.
  expect(new URL(page.url).pathname).toBe('/oauth2/logout/success');
  expect((await browser.open(page.url)).text).not.toContain(idp.issuer);
  expect((await newBrowser().open(page.url)).text).not.toContain(idp.issuer);
});

test('who signs out with a password of ours, or says no, is led nowhere', async () => {
  const application = await newClient({ firstParty: true });
  const ada = await registerAndConfirm();
  for (const answer of [{ logout: 'yes' }, {}] as Record<string, string>[]) {
    const browser = newBrowser();
    const tokens = await signInAt(application, ada, { browser });
    const hint = { id_token_hint: tokens.id_token ?? '' };
    const asked = await browser.open(openid.buildEndSessionUrl(application.config, hint));
    const page = await browser.submit(asked, answer);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('Sign out at');
  }
});
