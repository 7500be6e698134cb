import { newAddress, newPassword, PasskeyDevice, type Person } from '@gatehouse/testkit/clients';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../gatehouse.ts';
import { byTelegram, confirm, login, openTenant, refresh, setLogin } from '../login-policies.ts';
import { addPasskey, passkeyRefusal } from '../passkeys.ts';

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
