import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, password, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

type Enrolled = Awaited<ReturnType<typeof mfa.enrolled>>;

/** Completes a sign-in and has the device remembered. */
async function remember({ backupCodes }: Enrolled, name: string, n = 0): Promise<string> {
  const { challengeId } = await mfa.challenge(name);
  const { data } = await mfa.run(anonymous(), 'verifyMfa', '{ deviceToken }', {
    challengeId,
    method: 'BACKUP_CODE',
    code: backupCodes[n],
    rememberDevice: true,
  });
  return data.verifyMfa.deviceToken;
}

/** What a sign-in with the right password answers who shows this. */
async function signIn(identifier: string, deviceToken: string | null, text = password) {
  const { data, errors } = await mfa.run(
    anonymous(),
    'login',
    '{ __typename ... on TokenSet { accessToken deviceToken } }',
    { identifier, password: text, deviceToken },
  );
  return errors?.[0]?.extensions.code ?? data.login;
}

it('a remembered device signs in with the password alone, in a session that has seen one factor', async () => {
  const ada = await mfa.enrolled('ada');
  const deviceToken = await remember(ada, 'ada');
  expect(deviceToken).toMatch(/^[\w-]{43}$/);
  const tokens = await signIn('ada', deviceToken);
  expect(tokens).toMatchObject({ __typename: 'TokenSet', deviceToken: null });
  const caller = await mfa.callerOf(tokens);
  expect(caller.principal).toMatchObject({ amr: ['pwd'], secondFactor: true });
  const factorId = ada.factor.id;
  const removal = await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId });
  expect(removal.errors?.[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  expect(await signIn('ada', deviceToken, 'wrong password')).toBe('INVALID_CREDENTIALS');

  const { rows } = await auth.deps.database.pool.query('select t::text from auth.remembered_device t');
  expect(JSON.stringify(rows)).not.toContain(deviceToken);
});

it('is asked for only when wanted, and listed', async () => {
  const grace = await mfa.enrolled('grace');
  const { challengeId } = await mfa.challenge('grace');
  const plain = await mfa.verify(challengeId, grace.backupCodes[9] ?? '', 'BACKUP_CODE');
  expect(plain.errors).toBeUndefined();
  const devices = async () =>
    (await auth.ask(grace.caller, '{ mfa { devices { id ipAddress userAgent expiresAt } } }')).data.mfa
      .devices;
  expect(await devices()).toEqual([]);
  const deviceToken = await remember(grace, 'grace');
  const [device, ...others] = await devices();
  expect(others).toEqual([]);
  expect(device).toMatchObject({ ipAddress: '192.0.2.1', userAgent: 'test' });
  expect(Date.parse(device.expiresAt)).toBeGreaterThan(Date.now() + 29 * 86_400_000);

  const stranger = await mfa.enrolled('stranger');
  const revoke = (caller: typeof grace.caller) =>
    mfa.run(caller, 'revokeDevice', '{ deviceId }', { deviceId: device.id });
  expect((await revoke(stranger.caller)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  expect((await revoke(grace.caller)).data.revokeDevice).toEqual({ deviceId: device.id });
  expect(await signIn('grace', deviceToken)).toEqual({ __typename: 'MfaChallenge' });
  expect(await auth.securityEvents(grace.subject.userId)).toEqual(
    expect.arrayContaining(['DEVICE_REMEMBERED', 'DEVICE_REVOKED']),
  );
});

it('counts for its own account, for its time', async () => {
  const alan = await mfa.enrolled('alan');
  const deviceToken = await remember(alan, 'alan');
  await mfa.enrolled('mallory');
  for (const shown of [deviceToken, '', 'x'.repeat(43), null]) {
    expect(await signIn('mallory', shown)).toEqual({ __typename: 'MfaChallenge' });
  }
  await auth.deps.database.pool.query(
    "update auth.remembered_device set expires_at = now() - interval '1 second'",
  );
  expect(await signIn('alan', deviceToken)).toEqual({ __typename: 'MfaChallenge' });
});

it.each(['change', 'reset', 'remove', 'delete'])('is forgotten on: %s', async (what) => {
  const name = `person-${what}`;
  const enrolled = await mfa.enrolled(name);
  const { subject, caller, factor } = enrolled;
  const deviceToken = await remember(enrolled, name);
  let text = password;
  if (what === 'change') {
    text = 'another horse battery';
    const input = { currentPassword: password, newPassword: text };
    expect((await mfa.run(caller, 'changePassword', '{ endedSessions }', input)).errors).toBeUndefined();
  } else if (what === 'reset') {
    await mfa.run(anonymous(), 'requestPasswordReset', '{ email }', { email: subject.email });
    const mail = await until(() =>
      auth.mails.find(({ to, template }) => to === subject.email && template === 'RESET_PASSWORD'),
    );
    const code = new URL(mail.parameters.link ?? '').searchParams.get('code');
    await mfa.run(anonymous(), 'resetPassword', '{ endedSessions }', { code, password });
  } else if (what === 'remove') {
    await mfa.run(caller, 'startEmailFactor', '{ codeExpiresAt }');
    const code = mfa.mailedCode(subject.email);
    await mfa.run(caller, 'confirmEmailFactor', '{ factor { id } }', { code });
    await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId: factor.id });
  } else {
    await auth.deps.bus.publish([deleted(subject)]);
    await until(async () => (await auth.securityEvents(subject.userId)).includes('ACCOUNT_DELETED'));
    const { rows } = await auth.deps.database.pool.query(
      `select user_id from auth.remembered_device where user_id = $1 union all
       select user_id from auth.mfa_factor where user_id = $1 union all
       select user_id from auth.backup_code where user_id = $1`,
      [subject.userId],
    );
    expect(rows).toEqual([]);
    return;
  }
  expect(await signIn(name, deviceToken, text)).toEqual({ __typename: 'MfaChallenge' });
});

const deleted = ({ userId, tenantId }: { userId: string; tenantId: string }) => ({
  specversion: '1.0' as const,
  id: newId(),
  source: '/gatehouse/user',
  type: 'user.deleted',
  subject: userId,
  time: new Date().toISOString(),
  datacontenttype: 'application/json' as const,
  tenantid: tenantId,
  data: { userId, deletionReason: null, deletedBy: 'system', retentionPolicy: '30 days' },
});
