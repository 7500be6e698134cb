import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ mailsPerAddress: 3 });
});
afterAll(() => auth.stop());

const next = 'another horse entirely';

const request = (email: string, host?: string) =>
  auth.ask(
    anonymous(host),
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email codeExpiresAt } }',
    { input: { email } },
  );
const reset = (code: string, text = next) =>
  auth.ask(
    anonymous(),
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }',
    { input: { code, password: text } },
  );
const change = async (accessToken: string, currentPassword: string, newPassword: string) =>
  auth.ask(
    as(await auth.principal(accessToken)),
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
    { input: { currentPassword, newPassword } },
  );
const codeOf = (answer: Awaited<ReturnType<typeof reset>>) => answer.errors?.[0]?.extensions.code;
const mailedCode = async (email: string, count = 1) => {
  const mail = await until(() => auth.mails.filter(({ to }) => to === email)[count - 1]);
  expect(mail.template).toBe('RESET_PASSWORD');
  return new URL(mail.parameters.link ?? '').searchParams.get('code') ?? '';
};

it('resets by a mailed link that works once, and ends every session', async () => {
  const ada = await auth.account('ada');
  const session = await auth.login('ada');
  const { data } = await request('ADA@example.com', 'localhost:4000');
  const minutes = (new Date(data.requestPasswordReset.codeExpiresAt).getTime() - Date.now()) / 60_000;
  expect(Math.round(minutes)).toBe(30);
  const code = await mailedCode(ada.email);
  expect(codeOf(await reset(code, 'short'))).toBe('BAD_USER_INPUT');
  expect(codeOf(await reset(code, 'ada@example.com'))).toBe('BAD_USER_INPUT');
  expect((await reset(code)).data.resetPassword).toEqual({ endedSessions: 1 });
  expect(codeOf(await reset(code))).toBe('INVALID_CODE');
  expect(await auth.principal(session.accessToken)).toBeNull();
  await expect(auth.login('ada')).rejects.toThrow('INVALID_CREDENTIALS');
  await auth.login('ada', anonymous(), next);
  expect(await auth.securityEvents(ada.userId)).toEqual([
    'LOGIN_SUCCEEDED',
    'PASSWORD_RESET_REQUESTED',
    'PASSWORD_RESET',
    'LOGIN_FAILED',
    'LOGIN_SUCCEEDED',
  ]);
});

it('lets exactly one of 50 parallel uses of a link win', async () => {
  const grace = await auth.account('grace');
  await request(grace.email);
  const code = await mailedCode(grace.email);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => reset(code, `parallel password ${n}`)),
  );
  const winner = answers.findIndex(({ errors }) => !errors);
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  await auth.login('grace', anonymous(), `parallel password ${winner}`);
});

it('answers for unknown addresses as for known ones, limits included', async () => {
  await auth.account('alan');
  await auth.account('off', { status: 'DISABLED' });
  const before = auth.mails.length;
  for (const email of ['nobody@example.com', 'off@example.com']) {
    const { data } = await request(email);
    expect(data.requestPasswordReset).toEqual({ email, codeExpiresAt: expect.any(String) });
  }
  const outcomes = async (email: string) => {
    const codes = [];
    for (let n = 0; n < 5; n++) codes.push(codeOf(await request(email)));
    return codes;
  };
  const limited = [undefined, undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED'];
  expect(await outcomes('alan@example.com')).toEqual(limited);
  expect(await outcomes('stranger@example.com')).toEqual(limited);
  await until(async () => {
    const { rows } = await auth.deps.database.pool.query('select count(*)::int as n from auth.mail_request');
    return rows[0].n === 0;
  });
  expect(auth.mails.slice(before).map(({ to }) => to)).toEqual(Array(3).fill('alan@example.com'));
  expect(codeOf(await request('not an address'))).toBe('BAD_USER_INPUT');
});

it('keeps a wish for a mail until it could be sent', async () => {
  const kurt = await auth.account('kurt');
  auth.failing.add('SendMail');
  await request(kurt.email);
  await new Promise((resolve) => setTimeout(resolve, 200));
  auth.failing.delete('SendMail');
  await mailedCode(kurt.email);
});

it('changes a password for who knows the current one, and ends the other sessions', async () => {
  const edsger = await auth.account('edsger');
  const other = await auth.login('edsger');
  const { accessToken } = await auth.login('edsger');
  expect(codeOf(await change(accessToken, 'wrong password', next))).toBe('INVALID_CREDENTIALS');
  expect(codeOf(await change(accessToken, password, 'short'))).toBe('BAD_USER_INPUT');
  expect(codeOf(await change(accessToken, password, password))).toBe('BAD_USER_INPUT');
  expect((await change(accessToken, password, next)).data.changePassword).toEqual({ endedSessions: 1 });
  expect(await auth.principal(accessToken)).not.toBeNull();
  expect(await auth.principal(other.accessToken)).toBeNull();
  expect((await auth.refresh(other.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
  await auth.login('edsger', anonymous(), next);
  await until(() => auth.revocations.some(({ sessionId }) => sessionId === other.sessionId));
  const { rows } = await auth.deps.database.pool.query(
    `select envelope->'data' as data from platform.event where envelope->>'type' = 'user.password_changed'
       and envelope->>'subject' = $1`,
    [edsger.userId],
  );
  expect(rows).toEqual([
    { data: { userId: edsger.userId, changedBy: edsger.userId, securityLevel: 'user' } },
  ]);
});

it('counts wrong current passwords as failed sign-ins', async () => {
  const barbara = await auth.account('barbara');
  const { accessToken } = await auth.login('barbara');
  for (let n = 0; n < 5; n++) await change(accessToken, `guess number ${n}`, next);
  expect(codeOf(await change(accessToken, password, next))).toBe('INVALID_CREDENTIALS');
  expect(await auth.securityEvents(barbara.userId)).toContain('ACCOUNT_LOCKED');
});

it('takes a password typed in another normal form, and hashes anew when the cost rises', async () => {
  const zoe = await auth.account('zoe');
  await request(zoe.email);
  await reset(await mailedCode(zoe.email), 'Zoe\u0308 likes horses');
  await auth.login('zoe', anonymous(), 'Zo\u00eb likes horses');
  const hashOf = async () =>
    (
      await auth.deps.database.pool.query('select password_hash from auth.credential where user_id = $1', [
        zoe.userId,
      ])
    ).rows[0].password_hash as string;
  expect(await hashOf()).toMatch(/^\$2[ab]\$04\$/);
  const { passwords } = auth.services;
  const { hash, isOutdated } = passwords;
  passwords.isOutdated = (one) => one.startsWith('$2b$04$');
  const { hash: stronger } = await import('bcryptjs');
  passwords.hash = (text) => stronger(text.normalize('NFC'), 5);
  await auth.login('zoe', anonymous(), 'Zo\u00eb likes horses');
  Object.assign(passwords, { hash, isOutdated });
  expect(await hashOf()).toMatch(/^\$2[ab]\$05\$/);
  await auth.login('zoe', anonymous(), 'Zo\u00eb likes horses');
});
