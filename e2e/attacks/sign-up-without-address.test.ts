import { newAddress, newPassword, type TokenSet } from '@gatehouse/testkit/clients';
import { telegramPayload } from '@gatehouse/testkit/providers';
import { expect, test } from 'vitest';
import { updateOf } from '../federation.ts';
import { anyone, eventually, mailbox, otherTenant, registerAndConfirm } from '../gatehouse.ts';
import { confirm, setLogin } from '../login-policies.ts';
import {
  addTelegram,
  confirmSignUp,
  loginWithTelegram,
  mailedCode,
  newTelegramId,
  otherCode,
  requestSignUpCode,
} from '../sign-up.ts';
import { foundTenant } from '../tenants.ts';

/** Somebody new who has named an address, and the code that was mailed to it. */
async function begun(input: Record<string, unknown> = {}, email = newAddress('new')) {
  const telegram = await addTelegram(input);
  const id = newTelegramId();
  const { signUpId } = await telegram.signIn(id);
  await anyone.ask(requestSignUpCode, { input: { signUpId, email } });
  return { ...telegram, id, signUpId, email, code: await mailedCode(email) };
}

test('a taken address is answered as a free one: its owner is told, and nothing is linked', async () => {
  const ada = await registerAndConfirm();
  const { signIn } = await addTelegram({ linkByEmail: true, emailTrust: 'ALWAYS' });
  const { signUpId, expiresAt } = await signIn(newTelegramId());
  const { requestSignUpCode: answer } = await anyone.ask<{ requestSignUpCode: object }>(requestSignUpCode, {
    input: { signUpId, email: ada.email },
  });
  expect(answer).toEqual({ email: ada.email, codeExpiresAt: expiresAt });
  await mailbox.waitForMail({ to: ada.email, subject: /already have an account/ });
  const mails = await mailbox.mailsTo(ada.email);
  expect(mails.filter(({ subject }) => /code to open/.test(subject))).toEqual([]);
  expect(await anyone.refusal(confirmSignUp, { input: { signUpId, code: '123456' } })).toBe('INVALID_CODE');
  expect(await ada.client.ask('{ me { linkedAccounts { id } } }')).toEqual({ me: { linkedAccounts: [] } });
});

test('an address that is taken after its code went out is nobody’s way into that account', async () => {
  const { signUpId, code, email } = await begun({ linkByEmail: true, emailTrust: 'ALWAYS' });
  await anyone.ask('mutation ($input: RegisterInput!) { register(input: $input) { email } }', {
    input: { email },
  });
  const mail = await mailbox.waitForMail({ to: email, subject: /Confirm your registration/ });
  const { confirmRegistration: own } = await anyone.ask<{ confirmRegistration: TokenSet }>(confirm, {
    input: { code: mailbox.codeOf(mail), password: newPassword() },
  });
  const ada = anyone.as(own.accessToken);
  expect(await anyone.refusal(confirmSignUp, { input: { signUpId, code } })).toBe('ACCOUNT_NOT_LINKED');
  expect(await ada.ask('{ me { linkedAccounts { id } } }')).toEqual({ me: { linkedAccounts: [] } });
});

test('a sign-up is good once, for who began it, at its tenant', async () => {
  const { signUpId, code, ...telegram } = await begun();
  const other = await telegram.signIn(newTelegramId());
  const input = { signUpId, code };
  for (const [what, given] of [
    ['the code in another sign-up', { signUpId: other.signUpId, code }],
    ['an invented sign-up', { signUpId: 'a'.repeat(43), code }],
  ] as const) {
    expect(await anyone.refusal(confirmSignUp, { input: given }), what).toBe('INVALID_CODE');
  }
  expect(await otherTenant.anyone.refusal(confirmSignUp, { input })).toBe('INVALID_CODE');
  expect(
    await otherTenant.anyone.refusal(requestSignUpCode, { input: { signUpId, email: newAddress() } }),
  ).toBe('INVALID_CODE');
  expect(await anyone.refusal(confirmSignUp, { input })).toBeNull();
  expect(await anyone.refusal(confirmSignUp, { input })).toBe('INVALID_CODE');
  expect(await anyone.refusal(requestSignUpCode, { input: { signUpId, email: newAddress() } })).toBe(
    'INVALID_CODE',
  );
});

test('of 50 uses of the right code one makes the account', async () => {
  const { signUpId, code } = await begun();
  const input = { signUpId, code };
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => anyone.refusal(confirmSignUp, { input })),
  );
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(1);
});

test('codes are not guessed: ten tries, whichever mail they are about', async () => {
  const { signUpId, code, email } = await begun();
  const tries = (of: string) => anyone.refusal(confirmSignUp, { input: { signUpId, code: of } });
  for (let index = 0; index < 9; index++) expect(await tries(otherCode(code))).toBe('INVALID_CODE');
  await anyone.ask(requestSignUpCode, { input: { signUpId, email } });
  const next = await mailedCode(email, 2);
  expect(await tries(otherCode(next))).toBe('INVALID_CODE');
  expect(await tries(next)).toBe('INVALID_CODE');
});

test('what the tenant says about sign-ups holds until the end', async () => {
  const { signUpId, code, providerId } = await begun({ emailDomains: ['example.com'] });
  const elsewhere = { signUpId, email: 'ada@elsewhere.example' };
  expect(await anyone.refusal(requestSignUpCode, { input: elsewhere })).toBe('BAD_USER_INPUT');
  await updateOf(providerId, { signUp: false });
  expect(await anyone.refusal(confirmSignUp, { input: { signUpId, code } })).toBe('ACCOUNT_NOT_LINKED');

  const { there, first } = await foundTenant();
  const clientSecret = '7700000011:where-nobody-registers';
  const { createIdentityProvider } = await first.client.ask<{
    createIdentityProvider: { identityProvider: { id: string } };
  }>(
    'mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { identityProvider { id } } }',
    { input: { name: 'Telegram', kind: 'TELEGRAM', clientId: 'clinic_bot', clientSecret, signUp: true } },
  );
  const input = () => ({
    providerId: createIdentityProvider.identityProvider.id,
    payload: telegramPayload(clientSecret, { id: newTelegramId() }),
  });
  const { loginWithTelegram: open } = await there.anyone.ask<{ loginWithTelegram: TokenSet }>(
    loginWithTelegram,
    { input: input() },
  );
  expect(open).toMatchObject({ __typename: 'EmailRequired' });
  await first.client.ask(setLogin, { input: { selfRegistration: false } });
  await eventually(async () =>
    expect(await there.anyone.refusal(loginWithTelegram, { input: input() })).toBe('ACCOUNT_NOT_LINKED'),
  );
});
