import { type Browser, newPassword, PasskeyDevice, type Person } from '@gatehouse/testkit/clients';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../gatehouse.ts';
import { byTelegram, confirm, login, openTenant, refresh, setLogin, setMfa } from '../login-policies.ts';
import { addAuthenticator, challengeOf } from '../mfa.ts';
import { redirectOf } from '../oauth.ts';
import { addPasskey, passkeyRefusal } from '../passkeys.ts';

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
    });
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
    });
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
