import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { askFor, codeFor, confirmEmailChange, confirmRefusal, requestEmailChange } from '../email-change.ts';
import {
  administrator,
  anyone,
  eventually,
  mailbox,
  memberWith,
  otherTenant,
  register,
  registerAndConfirm,
  signIn,
} from '../gatehouse.ts';
import { newClient, signInAt } from '../oauth.ts';

const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';

describe('an address that is somebody else’s is not taken over:', () => {
  test('a confirmed one: the answer is the same, its owner is told, and no code is mailed', async () => {
    const [mallory, victim] = [await registerAndConfirm(), await registerAndConfirm()];
    const taken = await askFor(mallory.client, victim.email);
    await mailbox.waitForMail({ to: victim.email, subject: /already have an account/ });
    const free = await askFor(mallory.client, newAddress());
    expect(Object.keys(taken.requestEmailChange)).toEqual(Object.keys(free.requestEmailChange));
    expect(taken.requestEmailChange.newEmail).toBe(victim.email);
    await mailbox.waitForMail({ to: free.requestEmailChange.newEmail });
    const mails = await mailbox.mailsTo(victim.email);
    expect(mails.filter(({ subject }) => /new address/.test(subject))).toEqual([]);
    // Whoever asks is told alike, at the address that they have.
    await eventually(async () => {
      const own = await mailbox.mailsTo(mallory.email);
      expect(own.filter(({ subject }) => /is to have another address/.test(subject))).toHaveLength(2);
    });
  });

  test('one that is registered and not confirmed yet', async () => {
    const mallory = await registerAndConfirm();
    const { email } = await register();
    const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
    await askFor(mallory.client, email);
    await mailbox.waitForMail({ to: mallory.email, subject: /is to have another address/ });
    expect((await mailbox.mailsTo(email)).map(({ subject }) => subject)).toEqual([
      expect.stringContaining('Confirm your registration'),
    ]);
    const password = newPassword();
    const confirm =
      'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }';
    expect(await anyone.refusal(confirm, { input: { code, password } })).toBeNull();
    expect(await anyone.refusal(login, { input: { identifier: email, password } })).toBeNull();
  });

  test('one that was free when it was asked for: who confirms first has it', async () => {
    const [first, second] = [await registerAndConfirm(), await registerAndConfirm()];
    const email = newAddress('wanted');
    const code = await codeFor(first.client, email);
    await askFor(second.client, email);
    await eventually(async () => expect(await mailbox.mailsTo(email)).toHaveLength(2));
    const codes = (await mailbox.mailsTo(email)).map((mail) => mailbox.codeOf(mail));
    const late = codes.find((one) => one !== code) ?? '';
    expect(await confirmRefusal(first.client, code)).toBeNull();
    expect(await confirmRefusal(second.client, late)).toBe('EMAIL_TAKEN');
    expect(await second.client.ask('{ me { email } }')).toEqual({ me: { email: second.email } });
    expect(await confirmRefusal(second.client, late)).toBe('INVALID_CODE');
  });

  test('by an account that an administrator has activated: nothing calls its address verified', async () => {
    const { client: admin } = await administrator();
    const { email } = await register({ password: 'correct horse of mallory' });
    await mailbox.waitForMail({ to: email });
    const { users } = await admin.ask<{ users: { nodes: { id: string }[] } }>(
      'query ($filter: UserFilter) { users(first: 1, filter: $filter) { nodes { id } } }',
      { filter: { text: email } },
    );
    await admin.ask('mutation ($input: ActivateUserInput!) { activateUser(input: $input) { user { id } } }', {
      input: { userId: users.nodes[0]?.id },
    });
    const { tokens } = await signIn({ email, password: 'correct horse of mallory' });
    expect(decodeJwt(tokens.idToken)).toMatchObject({ email, email_verified: false });
  });
});

describe('a code is of no use', () => {
  test('to another person, in another tenant, nor without a session', async () => {
    const [ada, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
    const email = newAddress();
    const code = await codeFor(ada.client, email);
    expect(await confirmRefusal(mallory.client, code)).toBe('INVALID_CODE');
    const stranger = await otherTenant.registerAndConfirm();
    expect(await confirmRefusal(stranger.client, code)).toBe('INVALID_CODE');
    expect(await confirmRefusal(anyone, code)).toBe('UNAUTHENTICATED');
    expect(await confirmRefusal(ada.client, code)).toBeNull();
    expect(await mallory.client.ask('{ me { email } }')).toEqual({ me: { email: mallory.email } });
  });

  test('once another was asked for, and once it was used', async () => {
    const ada = await registerAndConfirm();
    const old = await codeFor(ada.client, newAddress('first'));
    const email = newAddress('second');
    const code = await codeFor(ada.client, email);
    expect(await confirmRefusal(ada.client, old)).toBe('INVALID_CODE');
    expect(await confirmRefusal(ada.client, code)).toBeNull();
    expect(await confirmRefusal(ada.client, code)).toBe('INVALID_CODE');
    for (const wrong of ['', 'x', code.slice(0, -1), `${code}A`])
      expect(await confirmRefusal(ada.client, wrong)).toBe('INVALID_CODE');
    expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email } });
  });

  test('more than once: of 50 at a time one wins', async () => {
    const ada = await registerAndConfirm();
    const code = await codeFor(ada.client, newAddress());
    const refusals = await Promise.all(Array.from({ length: 50 }, () => confirmRefusal(ada.client, code)));
    expect(refusals.filter((refusal) => refusal === null)).toHaveLength(1);
    expect(new Set(refusals)).toEqual(new Set([null, 'INVALID_CODE']));
  });
});

test('of accounts that confirm one address at a time, one has it', async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => registerAndConfirm()));
  const email = newAddress('contested');
  const codes: string[] = [];
  for (const { client } of people) {
    await askFor(client, email);
    await eventually(async () => {
      const mails = await mailbox.mailsTo(email);
      expect(mails).toHaveLength(codes.length + 1);
      codes.push(mails.map((mail) => mailbox.codeOf(mail)).find((code) => !codes.includes(code)) ?? '');
    });
  }
  const refusals = await Promise.all(
    people.map(({ client }, index) => confirmRefusal(client, codes[index] ?? '')),
  );
  expect(refusals.toSorted()).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN', 'EMAIL_TAKEN', 'EMAIL_TAKEN', null]);
});

test('what was mailed to the former address is void: a link for a new password, a code of a second factor', async () => {
  const ada = await registerAndConfirm();
  await anyone.ask(
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }',
    { input: { email: ada.email } },
  );
  const reset = mailbox.codeOf(await mailbox.waitForMail({ to: ada.email, subject: /password/i }));
  const code = await codeFor(ada.client, newAddress());
  await ada.client.ask(confirmEmailChange, { input: { code } });
  await mailbox.waitForMail({ to: ada.email, subject: /was changed/ });
  const resetPassword =
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }';
  expect(await anyone.refusal(resetPassword, { input: { code: reset, password: newPassword() } })).toBe(
    'INVALID_CODE',
  );
});

test('no application asks for it or confirms it in somebody’s name', async () => {
  const scopes = ['profile:read', 'profile:write'];
  const app = await newClient({ scopes });
  const member = await memberWith(['user']);
  const tokens = await signInAt(app, member, { scope: `openid ${scopes.join(' ')}` });
  const api = anyone.as(tokens.access_token);
  const input = { newEmail: newAddress() };
  expect(await api.refusal(requestEmailChange, { input })).toBe('FORBIDDEN');
  const code = await codeFor(member.client, newAddress());
  expect(await confirmRefusal(api, code)).toBe('FORBIDDEN');
  expect(await confirmRefusal(member.client, code)).toBeNull();
});

test('what is no address is refused, and mails to one are few', async () => {
  const ada = await registerAndConfirm();
  for (const newEmail of [
    '',
    'ada',
    'a@b',
    'a@example.com\r\nBcc: b@example.com',
    ada.email,
    'x'.repeat(300),
  ]) {
    expect(await ada.client.refusal(requestEmailChange, { input: { newEmail } }), newEmail).toBe(
      'BAD_USER_INPUT',
    );
  }
  const refusals: (string | null)[] = [];
  for (let n = 0; n < 12; n++)
    refusals.push(await ada.client.refusal(requestEmailChange, { input: { newEmail: newAddress() } }));
  expect(refusals[0]).toBeNull();
  expect(refusals.at(-1)).toBe('RATE_LIMITED');
});
