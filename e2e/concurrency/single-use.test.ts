import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import {
  administrator,
  anyone,
  eventually,
  mailbox,
  register,
  registerAndConfirm,
  signIn,
} from '../gatehouse.ts';

const times = 50;

/** Tries all at once: how often each outcome came. */
async function race(attempt: (index: number) => Promise<string | null>): Promise<Record<string, number>> {
  const outcomes = await Promise.all(Array.from({ length: times }, (_, index) => attempt(index)));
  return Object.fromEntries(
    [...new Set(outcomes)].map((outcome) => [
      outcome ?? 'won',
      outcomes.filter((other) => other === outcome).length,
    ]),
  );
}

test('50 uses of one confirmation code: one account is confirmed, once', async () => {
  const { email } = await register();
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
  const passwords = Array.from({ length: times }, newPassword);
  const winners: string[] = [];
  const outcomes = await race(async (index) => {
    const password = passwords[index] ?? '';
    const refusal = await anyone.refusal(
      'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }',
      { input: { code, password } },
    );
    if (refusal === null) winners.push(password);
    return refusal;
  });
  expect(outcomes).toEqual({ won: 1, INVALID_CODE: times - 1 });
  const person = await signIn({ email, password: winners[0] ?? '' });
  expect(await person.client.ask('{ me { status sessions(first: 10) { nodes { current } } } }')).toEqual({
    me: { status: 'ACTIVE', sessions: { nodes: [{ current: true }, { current: false }] } },
  });
});

test('50 uses of one refresh token: one new set of tokens', async () => {
  const ada = await registerAndConfirm();
  const outcomes = await race(() =>
    anyone.refusal('mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }', {
      input: { refreshToken: ada.tokens.refreshToken },
    }),
  );
  expect(outcomes).toEqual({ won: 1, INVALID_GRANT: times - 1 });
});

test('50 uses of one reset link: one new password', async () => {
  const ada = await registerAndConfirm();
  await anyone.ask(
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }',
    { input: { email: ada.email } },
  );
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: ada.email, subject: /password/i }));
  const winners: string[] = [];
  const outcomes = await race(async () => {
    const password = newPassword();
    const refusal = await anyone.refusal(
      'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }',
      { input: { code, password } },
    );
    if (refusal === null) winners.push(password);
    return refusal;
  });
  expect(outcomes).toEqual({ won: 1, INVALID_CODE: times - 1 });
  await signIn({ email: ada.email, password: winners[0] ?? '' });
});

test('50 uses of one upload URL: one document, whole', async () => {
  const ada = await registerAndConfirm();
  const body = 'content '.repeat(10_000);
  const { createUpload } = await ada.client.ask<{ createUpload: { documentId: string; uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }',
    { input: { name: 'race.txt', size: body.length } },
  );
  const outcomes = await race(async () => {
    const response = await anyone.fetch(createUpload.uploadUrl, { method: 'PUT', body });
    await response.text();
    return response.ok ? null : 'refused';
  });
  expect(outcomes).toEqual({ won: 1, refused: times - 1 });
  const { document } = await ada.client.ask<{ document: { size: number; downloadUrl: string } }>(
    'query ($id: ID!) { document(id: $id) { size downloadUrl } }',
    { id: createUpload.documentId },
  );
  expect(document.size).toBe(body.length);
  expect(await (await anyone.fetch(document.downloadUrl)).text()).toBe(body);
});

test('50 registrations of one address: one account, one code that works', async () => {
  const email = newAddress();
  const outcomes = await race((index) =>
    anyone.refusal('mutation ($input: RegisterInput!) { register(input: $input) { email } }', {
      input: { email: index % 2 === 0 ? email : email.toUpperCase(), firstName: `number ${index}` },
    }),
  );
  expect(outcomes).toEqual({ won: times });
  const admin = await administrator();
  const { users } = await admin.client.ask<{ users: { totalCount: number } }>(
    'query ($text: String) { users(filter: { text: $text }) { totalCount } }',
    { text: email },
  );
  expect(users.totalCount).toBe(1);

  // Mails go to the address as the one who won wrote it; who registers again gets another link in place of the first.
  const attempts = async () => {
    const mails = await mailbox.mailsTo(email);
    const codes = mails.filter(({ text }) => /[?&]code=/.test(text)).map((mail) => mailbox.codeOf(mail));
    const confirm = (code: string) =>
      anyone.refusal(
        'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }',
        { input: { code, password: newPassword() } },
      );
    return await Promise.all(codes.map(confirm));
  };
  const first = await eventually(async () => {
    const refusals = await attempts();
    expect(refusals).toContain(null);
    return refusals;
  });
  expect(first.filter((refusal) => refusal === null)).toHaveLength(1);
  expect((await attempts()).filter((refusal) => refusal === null)).toEqual([]);
});

test('50 roles given and taken at once leave what the last one said', async () => {
  const ada = await registerAndConfirm();
  const admin = await administrator();
  const change = (mutation: 'assignRole' | 'removeRole') =>
    admin.client.refusal(
      `mutation ($input: ${mutation === 'assignRole' ? 'AssignRoleInput' : 'RemoveRoleInput'}!) {
        ${mutation}(input: $input) { user { id } }
      }`,
      { input: { userId: ada.id, role: 'admin' } },
    );
  await race((index) => change(index % 2 === 0 ? 'assignRole' : 'removeRole'));
  await change('removeRole');
  await eventually(
    async () => expect(await ada.client.refusal('{ users { totalCount } }')).toBe('FORBIDDEN'),
    1_000,
  );
});
