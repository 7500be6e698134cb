import { Browser, newAddress, newPassword, PasskeyDevice, type Person } from '@gatehouse/testkit/clients';
import { telegramPayload } from '@gatehouse/testkit/providers';
import { beforeAll, describe, expect, test } from 'vitest';
import { newVerifier } from '../federation.ts';
import { eventually } from '../gatehouse.ts';
import { addAuthenticator, challengeOf } from '../mfa.ts';
import { redirectOf } from '../oauth.ts';
import { addPasskey, passkeyRefusal } from '../passkeys.ts';
import { foundTenant } from '../tenants.ts';

type Founded = Awaited<ReturnType<typeof foundTenant>>;

const redirectUri = 'https://app.example.com/callback';
const botToken = '7700000009:policies-of-a-clinic';
const setLogin =
  'mutation ($input: SetLoginPolicyInput!) { setLoginPolicy(input: $input) { policy { passwordSignIn } } }';
const setMfa = 'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { since } } }';
const login =
  'mutation ($input: LoginInput!) { login(input: $input) { __typename ... on TokenSet { accessToken } } }';
const refresh =
  'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken refreshToken } }';
const telegramLogin =
  'mutation ($input: LoginWithTelegramInput!) { loginWithTelegram(input: $input) { __typename } }';
const confirm = `mutation ($input: ConfirmRegistrationInput!) {
  confirmRegistration(input: $input) { __typename ... on TokenSet { accessToken } } }`;

/** A tenant whose policy is about to change, with the doors into it. */
async function openTenant() {
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

const byTelegram = ({ there, providerId }: { there: Founded['there']; providerId: string }, id: string) =>
  there.anyone.ask<{ loginWithTelegram: { __typename: string } }>(telegramLogin, {
    input: { providerId, payload: telegramPayload(botToken, { id, username: 'again' }) },
  });

describe('where nobody signs in with a password', () => {
  let tenant: Awaited<ReturnType<typeof openTenant>>;
  let ada: Person;
  let plain: Person;
  let device: PasskeyDevice;
  let resetCode: string;
  beforeAll(async () => {
    tenant = await openTenant();
    const { there, first, origin } = tenant;
    ada = await there.registerAndConfirm();
    plain = await there.registerAndConfirm();
    device = new PasskeyDevice(origin);
    await addPasskey(ada, device);
    await tenant.linkTelegram(plain, '9001');
    const request =
      'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }';
    await there.anyone.ask(request, { input: { email: plain.email } });
    const mail = await there.mailbox.waitForMail({ to: plain.email, subject: /password/i });
    resetCode = there.mailbox.codeOf(mail);
    await first.client.ask(setLogin, { input: { passwordSignIn: false } });
    await eventually(
      async () =>
        expect(
          await there.anyone.refusal(login, { input: { identifier: ada.email, password: ada.password } }),
        ).toBe('FORBIDDEN'),
      1_000,
    );
  });

  test('the page asks for none, and its door takes none: form or script', async () => {
    const { browser, authorize, step } = tenant;
    const page = await browser().open(authorize());
    expect(page.text).not.toContain('name="password"');
    expect(page.text).toContain('passkey');
    const right = { identifier: plain.email, password: plain.password };
    expect(await step(browser(), 'login', right)).toBe(403);
    const at = browser();
    const shown = await at.open(authorize());
    const sent = await at.request(`${new URL(shown.url).pathname}/login`, {
      method: 'POST',
      body: new URLSearchParams({
        ...right,
        csrf: /name="csrf" value="([^"]*)"/.exec(shown.text)?.[1] ?? '',
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: tenant.origin },
    });
    expect(sent.status).toBe(403);
    expect(at.cookies.has('_session')).toBe(false);
  });

  test('neither does a device that asks to be connected', async () => {
    const { post, browser, step } = tenant;
    const asked = await post('/oauth2/device/authorize', { scope: 'openid profile:read' });
    const at = browser();
    const form = await at.open(asked.verification_uri_complete ?? '');
    const page = await at.submit(await at.submit(form), { confirm: 'yes' });
    expect(page.text).not.toContain('name="password"');
    expect(await step(at, 'login', { identifier: plain.email, password: plain.password })).toBe(403);
    const form2 = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code' };
    expect(await post('/oauth2/token', { ...form2, device_code: asked.device_code ?? '' })).toMatchObject({
      error: 'authorization_pending',
    });
  });

  test('none is set: by a reset, by one asked for before, by a change, by registering', async () => {
    const { there } = tenant;
    const { anyone } = there;
    for (const email of [plain.email, newAddress()]) {
      const request =
        'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }';
      expect(await anyone.refusal(request, { input: { email } })).toBe('FORBIDDEN');
    }
    const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }';
    expect(await anyone.refusal(reset, { input: { code: resetCode, password: newPassword() } })).toBe(
      'FORBIDDEN',
    );
    const change =
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }';
    const input = { currentPassword: plain.password, newPassword: newPassword() };
    expect(await plain.client.refusal(change, { input })).toBe('FORBIDDEN');
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { email } }';
    const account = { email: newAddress(), password: newPassword() };
    expect(await anyone.refusal(register, { input: account })).toBe('FORBIDDEN');
  });

  test('who registers confirms the address with the code alone, and adds a way in then', async () => {
    const { there, origin } = tenant;
    const { email } = await there.register();
    const code = there.mailbox.codeOf(await there.mailbox.waitForMail({ to: email }));
    const given = { code, password: newPassword() };
    expect(await there.anyone.refusal(confirm, { input: given })).toBe('FORBIDDEN');
    const { confirmRegistration } = await there.anyone.ask<{ confirmRegistration: { accessToken: string } }>(
      confirm,
      { input: { code } },
    );
    const client = there.anyone.as(confirmRegistration.accessToken);
    const { session } = await client.ask<{ session: { amr: string[] } }>('{ session { amr } }');
    expect(session.amr).toEqual(['otp']);
    const own = new PasskeyDevice(origin);
    await addPasskey({ client }, own);
    expect(await passkeyRefusal(there.anyone, own)).toBeNull();
    expect(await there.anyone.refusal(confirm, { input: { code } })).toBe('INVALID_CODE');
  });

  test('none is a proof for a step-up, and none counts as another way in', async () => {
    const stepUp = 'mutation ($input: StepUpInput!) { stepUp(input: $input) { session { acr } } }';
    expect(await plain.client.refusal(stepUp, { input: { password: plain.password } })).toBe('FORBIDDEN');
    const { me } = await plain.client.ask<{ me: { linkedAccounts: { id: string }[] } }>(
      '{ me { linkedAccounts { id } } }',
    );
    const unlink =
      'mutation ($input: UnlinkAccountInput!) { unlinkAccount(input: $input) { linkedAccountId } }';
    const linkedAccountId = me.linkedAccounts[0]?.id;
    expect(await plain.client.refusal(unlink, { input: { linkedAccountId } })).toBe('CONFLICT');
    const remove =
      'mutation ($input: DeleteIdentityProviderInput!) { deleteIdentityProvider(input: $input) { identityProviderId } }';
    const input = { identityProviderId: tenant.providerId };
    expect(await tenant.first.client.refusal(remove, { input })).toBe('CONFLICT');
    const { mfa } = await ada.client.ask<{ mfa: { factors: { id: string }[] } }>(
      '{ mfa { factors { id } } }',
    );
    const removeFactor = 'mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }';
    const factor = { factorId: mfa.factors[0]?.id };
    expect(await ada.client.refusal(removeFactor, { input: factor })).toBe('CONFLICT');
  });

  test('passkeys and providers are the way in, and sessions go on', async () => {
    expect(await passkeyRefusal(tenant.there.anyone, device)).toBeNull();
    expect((await byTelegram(tenant, '9001')).loginWithTelegram.__typename).toBe('TokenSet');
    const { refreshToken } = plain.tokens;
    expect(await tenant.there.anyone.refusal(refresh, { input: { refreshToken } })).toBeNull();
  });
});

describe('when a second factor comes to be required', () => {
  let tenant: Awaited<ReturnType<typeof openTenant>>;
  let single: Person;
  let strong: Person;
  let applications: Record<string, string>;
  let strongTokens: Record<string, string>;
  let known: Browser;
  let device: PasskeyDevice;
  const enrols = { __typename: 'MfaEnrolment' };
  beforeAll(async () => {
    tenant = await openTenant();
    const { there, first, browser, tokensOf, origin } = tenant;
    single = await there.registerAndConfirm();
    strong = await there.registerAndConfirm();
    await tenant.linkTelegram(single, '9002');
    known = browser();
    applications = await tokensOf(single, known);
    strongTokens = await tokensOf(strong);
    device = new PasskeyDevice(origin);
    // The first factor ends other sessions: they are opened after it.
    await addPasskey(strong, device);
    await addAuthenticator(first);
    await first.client.ask(setMfa, { input: { requirement: 'REQUIRED' } });
  });

  test('every way in asks who has none to add one first', async () => {
    const { there, browser, signInOnPage } = tenant;
    const input = { identifier: single.email, password: single.password };
    expect(await there.anyone.ask(login, { input })).toEqual({ login: enrols });
    expect((await signInOnPage(single, browser())).text).toContain('Add a second factor');
    expect(await byTelegram(tenant, '9002')).toEqual({ loginWithTelegram: enrols });
    const { email } = await there.register();
    const code = there.mailbox.codeOf(await there.mailbox.waitForMail({ to: email }));
    expect(await there.anyone.ask(confirm, { input: { code, password: newPassword() } })).toEqual({
      confirmRegistration: enrols,
    });
    expect(await passkeyRefusal(there.anyone, device)).toBeNull();
  });

  test('a session with one factor is not gone on with: by refresh, of an application, or silently', async () => {
    const { there, authorize, post } = tenant;
    await eventually(async () => {
      const { refreshToken } = single.tokens;
      expect(await there.anyone.refusal(refresh, { input: { refreshToken } })).toBe('INVALID_GRANT');
    }, 1_000);
    const grant = { grant_type: 'refresh_token', refresh_token: applications.refresh_token ?? '' };
    expect(await post('/oauth2/token', grant)).toMatchObject({ error: 'invalid_grant' });
    const silent = redirectOf(await known.open(authorize({ prompt: 'none' })));
    expect(silent.searchParams.get('error')).toBe('login_required');
    expect((await known.open(authorize())).text).toContain('name="password"');
  });

  test('nor handed on by a service that was called with its token', async () => {
    const { first, post } = tenant;
    const { createClient: made } = await first.client.ask<{
      createClient: { client: { id: string }; secret: string };
    }>('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }', {
      input: {
        name: 'Labs',
        scopes: ['profile:read'],
        grantTypes: ['TOKEN_EXCHANGE'],
        authMethod: 'CLIENT_SECRET_POST',
      },
    });
    const form = {
      client_id: made.client.id,
      client_secret: made.secret,
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: applications.access_token ?? '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    expect(await post('/oauth2/token', form)).toMatchObject({ error: 'invalid_grant' });
  });

  test('one of an account with a factor is, and one that saw it', async () => {
    const { there, first } = { there: tenant.there, first: tenant.first };
    const { refreshToken } = first.tokens;
    expect(await there.anyone.refusal(refresh, { input: { refreshToken } })).toBeNull();
    // It was opened before the factor, which ended it.
    const grant = { grant_type: 'refresh_token', refresh_token: strongTokens.refresh_token ?? '' };
    expect(await tenant.post('/oauth2/token', grant)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('where no device is remembered', () => {
  let tenant: Awaited<ReturnType<typeof openTenant>>;
  let ada: Person;
  let deviceToken: string;
  let app: Awaited<ReturnType<typeof addAuthenticator>>['app'];
  let known: Browser;
  const verify =
    'mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { accessToken deviceToken } }';

  beforeAll(async () => {
    tenant = await openTenant();
    const { there, first, browser, signInOnPage } = tenant;
    ada = await there.registerAndConfirm();
    ({ app } = await addAuthenticator(ada));
    const { challengeId } = await challengeOf(there.anyone, ada);
    const input = { challengeId, method: 'TOTP', code: await app.next(), rememberDevice: true };
    ({
      verifyMfa: { deviceToken },
    } = await there.anyone.ask<{ verifyMfa: { deviceToken: string } }>(verify, { input }));
    known = browser();
    const page = await signInOnPage(ada, known);
    expect(page.text).toContain('name="rememberDevice"');
    await known.submit(
      page,
      { method: 'TOTP', code: await app.next(), rememberDevice: 'yes' },
      '/verify-mfa',
    );
    await first.client.ask(setLogin, { input: { rememberedDevices: false } });
  });

  test('those of before are asked again, and none is added: by the API or on the page', async () => {
    const { there, authorize } = tenant;
    const account = { identifier: ada.email, password: ada.password };
    await eventually(async () => {
      expect(await there.anyone.ask(login, { input: { ...account, deviceToken } })).toEqual({
        login: { __typename: 'MfaChallenge' },
      });
    }, 1_000);
    const { challengeId } = await challengeOf(there.anyone, ada);
    const code = await app.next();
    const input = { challengeId, method: 'TOTP', code, rememberDevice: true };
    const { verifyMfa } = await there.anyone.ask<{ verifyMfa: { deviceToken: null } }>(verify, { input });
    expect(verifyMfa.deviceToken).toBeNull();
    const again = await known.open(authorize({ prompt: 'login' }));
    const asked = await known.submit(again, account, '/login');
    expect(asked.text).toContain('Confirm that it is you');
    expect(asked.text).not.toContain('name="rememberDevice"');
  });
});
