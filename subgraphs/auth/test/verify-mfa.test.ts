import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth({ lockoutSeconds: 900, mfaAttempts: 3, mfaAttemptsPerNetwork: 60 });
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

/** Everybody from a network of their own, so that only the limit under test is met. */
let addresses = 0;
const somewhere = () => anonymous('localhost:4000', `2001:db8:0:${(++addresses).toString(16)}::1`);

const sql = (text: string, values: unknown[] = []) => auth.deps.database.pool.query(text, values);

it('a code is good once, also within its own window', async () => {
  const { app } = await mfa.enrolled('ada');
  const code = await app.next();
  const first = await mfa.challenge('ada');
  const second = await mfa.challenge('ada');
  expect(await mfa.verifyRefusal(first.challengeId, code, 'TOTP', somewhere())).toBeNull();
  expect(await mfa.verifyRefusal(second.challengeId, code, 'TOTP', somewhere())).toBe('INVALID_CODE');
});

it('a challenge is good once, for a while, at its tenant', async () => {
  const { app, backupCodes } = await mfa.enrolled('grace');
  const used = await mfa.challenge('grace');
  expect(await mfa.verifyRefusal(used.challengeId, await app.next(), 'TOTP', somewhere())).toBeNull();
  const refusal = (id: string, n: number, caller = somewhere()) =>
    mfa.verifyRefusal(id, backupCodes[n] ?? '', 'BACKUP_CODE', caller);
  expect(await refusal(used.challengeId, 0)).toBe('INVALID_CODE');

  const late = await mfa.challenge('grace');
  await sql(
    "update auth.mfa_challenge set expires_at = now() - interval '1 second' where consumed_at is null",
  );
  expect(await refusal(late.challengeId, 1)).toBe('INVALID_CODE');

  const open = await mfa.challenge('grace');
  expect(await refusal(open.challengeId, 2, anonymous('clinicwave.com'))).toBe('INVALID_CODE');
  expect(await refusal(open.challengeId, 2)).toBeNull();
  for (const id of ['', 'x', newId(), 'x'.repeat(43)]) expect(await refusal(id, 3)).toBe('INVALID_CODE');
});

it('the code of another account is wrong, whatever its method', async () => {
  await mfa.enrolled('victim');
  const { app, backupCodes } = await mfa.enrolled('mallory');
  const { challengeId } = await mfa.challenge('victim');
  expect(await mfa.verifyRefusal(challengeId, await app.next(), 'TOTP', somewhere())).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(challengeId, backupCodes[0] ?? '', 'BACKUP_CODE', somewhere())).toBe(
    'INVALID_CODE',
  );
  expect(await mfa.verifyRefusal(challengeId, '000000', 'EMAIL', somewhere())).toBe('INVALID_CODE');
});

it('wrong codes lock the account’s codes, over challenges, methods and networks, and tell the holder', async () => {
  const { subject, app, backupCodes } = await mfa.enrolled('alan');
  const challenges = [];
  for (let n = 0; n < 4; n++) challenges.push((await mfa.challenge('alan', somewhere())).challengeId);
  const [one = '', two = '', three = '', four = ''] = challenges;
  expect(await mfa.verifyRefusal(one, app.wrong(), 'TOTP', somewhere())).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(two, 'aaaa-aaaa-aaaa', 'BACKUP_CODE', somewhere())).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(three, app.wrong(), 'TOTP', somewhere())).toBe('INVALID_CODE');
  // Locked: right ones are refused too, and are not used up.
  expect(await mfa.verifyRefusal(four, await app.next(), 'TOTP', somewhere())).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(four, backupCodes[0] ?? '', 'BACKUP_CODE', somewhere())).toBe(
    'INVALID_CODE',
  );
  const events = await auth.securityEvents(subject.userId);
  expect(events.filter((type) => type === 'MFA_FAILED')).toHaveLength(5);
  expect(events.filter((type) => type === 'MFA_LOCKED')).toHaveLength(1);
  const mail = await until(() =>
    auth.mails.find(({ to, template }) => to === subject.email && template === 'SECOND_FACTOR_LOCKED'),
  );
  expect(new Date(mail.parameters.lockedUntil ?? '').getTime()).toBeGreaterThan(Date.now());

  await auth.account('root', { permissions: ['users:write', 'users:read'] });
  const root = as(await auth.principal((await auth.login('root')).accessToken));
  await auth.ask(root, 'mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id } } }', {
    input: { userId: subject.userId },
  });
  expect(await mfa.verifyRefusal(four, backupCodes[0] ?? '', 'BACKUP_CODE', somewhere())).toBeNull();
});

it('no more guesses are looked at than the limit, however many come at once', async () => {
  const { subject, app } = await mfa.enrolled('kurt');
  const challenges = [];
  for (let n = 0; n < 10; n++) challenges.push((await mfa.challenge('kurt')).challengeId);
  const guesses = challenges.flatMap((id) => [id, id, id]);
  const outcomes = await Promise.all(
    guesses.map((id) => mfa.verifyRefusal(id, app.wrong(), 'TOTP', somewhere())),
  );
  expect(new Set(outcomes)).toEqual(new Set(['INVALID_CODE']));
  const { rows } = await sql('select failed_attempts from auth.mfa_guard where user_id = $1', [
    subject.userId,
  ]);
  expect(rows).toEqual([{ failed_attempts: 3 }]);
});

it('a challenge takes few wrong codes, and a right password forgives none', async () => {
  const { subject, app, backupCodes } = await mfa.enrolled('edsger');
  const { challengeId } = await mfa.challenge('edsger');
  for (let n = 0; n < 3; n++) {
    expect(await mfa.verifyRefusal(challengeId, app.wrong(), 'TOTP', somewhere())).toBe('INVALID_CODE');
    await mfa.challenge('edsger');
  }
  await sql('delete from auth.mfa_guard where user_id = $1', [subject.userId]);
  const right = () => backupCodes[0] ?? '';
  expect(await mfa.verifyRefusal(challengeId, right(), 'BACKUP_CODE', somewhere())).toBe('INVALID_CODE');
  const fresh = await mfa.challenge('edsger');
  expect(await mfa.verifyRefusal(fresh.challengeId, right(), 'BACKUP_CODE', somewhere())).toBeNull();
});

it('one network tries so many codes and no more, IPv6 by its /64', async () => {
  const from = (host: number) => anonymous('localhost:4000', `2001:db8:ffff:1::${host.toString(16)}`);
  const refusals = [];
  for (let n = 0; n < 61; n++)
    refusals.push(await mfa.verifyRefusal('x'.repeat(43), '000000', 'TOTP', from(n)));
  expect(refusals.slice(0, 60)).toEqual(Array(60).fill('INVALID_CODE'));
  expect(refusals[60]).toBe('RATE_LIMITED');
});

it.each([
  ['the password is reset', 'reset'],
  ['every session is revoked', 'revoke'],
  ['the account is disabled', 'disable'],
])('a sign-in under way comes to nothing when %s', async (_, what) => {
  const { subject, caller, app } = await mfa.enrolled(`person-${what}`);
  const { challengeId } = await mfa.challenge(`person-${what}`);
  if (what === 'reset') {
    await mfa.run(anonymous(), 'requestPasswordReset', '{ email }', { email: subject.email });
    const mail = await until(() =>
      auth.mails.find(({ to, template }) => to === subject.email && template === 'RESET_PASSWORD'),
    );
    const code = new URL(mail.parameters.link ?? '').searchParams.get('code');
    const answer = await mfa.run(anonymous(), 'resetPassword', '{ endedSessions }', { code, password });
    expect(answer.data.resetPassword).toEqual({ endedSessions: 1 });
  } else if (what === 'revoke') {
    await auth.ask(caller, 'mutation { revokeAllSessions { endedSessions } }');
  } else {
    subject.status = 'DISABLED';
  }
  expect(await mfa.verifyRefusal(challengeId, await app.next(), 'TOTP', somewhere())).toBe('INVALID_CODE');
  // A reset password is one factor, no more.
  if (what === 'reset') expect((await mfa.challenge(`person-${what}`)).__typename).toBe('MfaChallenge');
});
