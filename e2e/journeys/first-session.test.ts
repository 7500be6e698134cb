import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, confirm, eventually, mailbox, register, signIn } from '../gatehouse.ts';

test('register, read the mail, confirm, log in, see the profile, change the password', async () => {
  const email = newAddress('ada');
  const username = email.split('@')[0]?.replace('.', '_');
  const password = newPassword();
  await register({ email, username, firstName: 'Ada', lastName: 'Lovelace' });

  const mail = await mailbox.waitForMail({ to: email });
  expect(mail.html).toContain('<a ');
  expect(mail.text).toContain('7 days');
  expect(await anyone.refusal(login, { input: { identifier: email, password } })).toBe('INVALID_CREDENTIALS');
  const first = await confirm({ email, password }, mailbox.codeOf(mail));
  expect(first.tokens).toMatchObject({ tokenType: 'Bearer', sessionId: expect.any(String) });

  const ada = await signIn({ email, password });
  const byUsername = await anyone.ask<{ login: { sessionId: string } }>(login, {
    input: { identifier: username?.toUpperCase(), password },
  });
  expect(byUsername.login.sessionId).toEqual(expect.any(String));

  const { me, session } = await eventually(async () => {
    const profile = await ada.client.ask<Profile>(everySubgraph);
    expect(profile.me.sessions.nodes).toHaveLength(3);
    return profile;
  });
  expect(me).toEqual({
    id: ada.id,
    email,
    username,
    displayName: 'Ada Lovelace',
    status: 'ACTIVE',
    roles: [{ name: 'self-registration' }],
    permissions: ['documents:create', 'profile:read', 'profile:write'],
    tenant: { name: expect.any(String) },
    lastLoginAt: expect.stringMatching(/Z$/),
    sessions: { nodes: expect.arrayContaining([{ id: ada.tokens.sessionId, current: true }]) },
    documents: { nodes: [] },
    notifications: { unreadCount: 1, nodes: [{ kind: 'welcome' }] },
  });
  expect(session).toMatchObject({
    id: ada.tokens.sessionId,
    user: { email },
    roles: ['self-registration'],
    amr: ['pwd'],
    authTime: expect.any(String),
  });

  const changed = newPassword();
  expect(
    await ada.client.refusal(changePassword, {
      input: { currentPassword: 'not the password', newPassword: changed },
    }),
  ).toBe('INVALID_CREDENTIALS');
  const answer = await ada.client.ask(changePassword, {
    input: { currentPassword: password, newPassword: changed },
  });
  expect(answer).toEqual({ changePassword: { endedSessions: 2 } });

  await eventually(
    async () => expect(await first.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
  expect(await anyone.refusal(refresh, { input: { refreshToken: first.tokens.refreshToken } })).toBe(
    'INVALID_GRANT',
  );
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email } });
  await mailbox.waitForMail({ to: email, subject: /password/i });
  expect(await anyone.refusal(login, { input: { identifier: email, password } })).toBe('INVALID_CREDENTIALS');
  await signIn({ email, password: changed });
});

test('a password given at registration need not be given again', async () => {
  const email = newAddress();
  const password = newPassword();
  await register({ email, password });
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
  const answer = await anyone.ask(
    'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }',
    { input: { code } },
  );
  expect(answer).toEqual({ confirmRegistration: { __typename: 'TokenSet' } });
  await signIn({ email, password });
});

test('a new confirmation mail revokes the code of the one before', async () => {
  const email = newAddress();
  const password = newPassword();
  await register({ email });
  const older = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
  await anyone.ask(
    'mutation ($input: ResendConfirmationInput!) { resendConfirmation(input: $input) { email codeExpiresAt } }',
    { input: { email } },
  );
  const newer = mailbox.codeOf(await mailbox.waitForMail({ to: email, count: 2 }));
  await expect(confirm({ email, password }, older)).rejects.toThrow('INVALID_CODE');
  await confirm({ email, password }, newer);
  await expect(confirm({ email, password }, newer)).rejects.toThrow('INVALID_CODE');
});

test('a taken address gets the same answer, and its owner a mail', async () => {
  const email = newAddress();
  const password = newPassword();
  await register({ email });
  await confirm({ email, password }, mailbox.codeOf(await mailbox.waitForMail({ to: email })));

  const again = await anyone.graphql<{ register: { email: string } }>(
    'mutation ($input: RegisterInput!) { register(input: $input) { email codeExpiresAt } }',
    { input: { email: email.toUpperCase(), password: newPassword() } },
  );
  expect(again).toMatchObject({
    status: 200,
    errors: [],
    data: { register: { codeExpiresAt: expect.any(String) } },
  });
  const mail = await mailbox.waitForMail({ to: email, count: 2 });
  expect(() => mailbox.codeOf(mail)).toThrow('no link with a code');
  await signIn({ email, password });
});

type Profile = {
  me: { sessions: { nodes: unknown[] }; [field: string]: unknown };
  session: Record<string, unknown>;
};

const everySubgraph = `{
  me {
    id email username displayName status roles { name } permissions tenant { name }
    lastLoginAt
    sessions(first: 10) { nodes { id current } }
    documents(first: 10) { nodes { id } }
    notifications(first: 10) { unreadCount nodes { kind } }
  }
  session { id user { email } roles amr authTime }
}`;
const login = 'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { sessionId } } }';
const refresh =
  'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken refreshToken } }';
const changePassword =
  'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }';
