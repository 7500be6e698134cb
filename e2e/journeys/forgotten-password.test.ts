import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, eventually, mailbox, registerAndConfirm, signIn } from '../gatehouse.ts';

test('a forgotten password is reset with a mailed link, which ends every session', async () => {
  const ada = await registerAndConfirm();
  await anyone.ask(request, { input: { email: ada.email.toUpperCase() } });
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: ada.email, subject: /password/i }));

  const password = newPassword();
  expect(await anyone.refusal(reset, { input: { code, password: 'short' } })).toBe('BAD_USER_INPUT');
  expect(await anyone.ask(reset, { input: { code, password } })).toEqual({
    resetPassword: { endedSessions: 1 },
  });
  expect(await anyone.refusal(reset, { input: { code, password: newPassword() } })).toBe('INVALID_CODE');

  await eventually(
    async () => expect(await ada.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
  await expect(signIn(ada)).rejects.toThrow('INVALID_CREDENTIALS');
  await signIn({ ...ada, password });
});

test('a newer link revokes the one before', async () => {
  const { email } = await registerAndConfirm();
  await anyone.ask(request, { input: { email } });
  const older = mailbox.codeOf(await mailbox.waitForMail({ to: email, count: 2 }));
  await anyone.ask(request, { input: { email } });
  const newer = mailbox.codeOf(await mailbox.waitForMail({ to: email, count: 3 }));
  expect(await anyone.refusal(reset, { input: { code: older, password: newPassword() } })).toBe(
    'INVALID_CODE',
  );
  await anyone.ask(reset, { input: { code: newer, password: newPassword() } });
});

test('an unknown address gets the same answer, and no mail', async () => {
  const { email } = await registerAndConfirm();
  const nobody = newAddress('nobody');
  const known = await anyone.graphql(request, { input: { email } });
  const unknown = await anyone.graphql(request, { input: { email: nobody } });
  expect(unknown.status).toBe(known.status);
  expect(unknown).toMatchObject({
    errors: [],
    data: { requestPasswordReset: { email: nobody, codeExpiresAt: expect.any(String) } },
  });
  await mailbox.waitForMail({ to: email, count: 2 });
  expect(await mailbox.mailsTo(nobody)).toEqual([]);
});

const request =
  'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email codeExpiresAt } }';
const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }';
