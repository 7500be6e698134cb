import type { UserPrincipal } from '@gatehouse/identity';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { as, password, startAuth, type TestAuth, type Tokens } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

/** As if the sign-in were an hour ago. */
async function age({ sessionId }: Pick<Tokens, 'sessionId'>) {
  await auth.deps.database.pool.query(
    "update auth.session set auth_time = now() - interval '1 hour' where id = $1",
    [sessionId],
  );
}

const changePassword = (caller: ReturnType<typeof as>) =>
  mfa.run(caller, 'changePassword', '{ endedSessions }', {
    currentPassword: password,
    newPassword: 'another horse battery',
  });

it('what a stolen session must not be enough for asks for the second factor again', async () => {
  const { subject, tokens, app, factor } = await mfa.enrolled('ada');
  await age(tokens);
  const caller = await mfa.callerOf(tokens);
  const attempts = [
    () => changePassword(caller),
    () => mfa.run(caller, 'removeFactor', '{ factorId }', { factorId: factor.id }),
    () => mfa.run(caller, 'regenerateBackupCodes', '{ backupCodes }'),
    () => mfa.run(caller, 'startEmailFactor', '{ codeExpiresAt }'),
    () => mfa.run(caller, 'confirmEmailFactor', '{ factor { id } }', { code: '000000' }),
    () => mfa.run(caller, 'startSmsFactor', '{ phoneNumber }', { phoneNumber: '+4915112345678' }),
    () => mfa.run(caller, 'confirmSmsFactor', '{ factor { id } }', { code: '000000' }),
    () => mfa.run(caller, 'startPhoneNumber', '{ phoneNumber }', { phoneNumber: '+4915112345678' }),
    () => mfa.run(caller, 'confirmPhoneNumber', '{ phoneNumber }', { code: '000000' }),
    () => mfa.run(caller, 'requestEmailChange', '{ newEmail }', { newEmail: 'new@example.com' }),
    () => mfa.run(caller, 'startTotp', '{ secret }'),
    () => mfa.run(caller, 'confirmTotp', '{ factor { id } }', { code: '000000' }),
  ];
  for (const attempt of attempts) {
    expect((await attempt()).errors?.[0]?.extensions).toEqual({
      code: 'STEP_UP_REQUIRED',
      maxAge: 900,
      acr: 'urn:gatehouse:acr:multi-factor',
    });
  }

  const stepUp = (input: object) => mfa.run(caller, 'stepUp', '{ session { amr acr authTime } }', input);
  expect((await stepUp({ password })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect((await stepUp({ code: app.wrong() })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  const code = await app.next();
  const { session } = (await stepUp({ code })).data.stepUp;
  expect(session).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'urn:gatehouse:acr:multi-factor' });
  expect(Date.now() - Date.parse(session.authTime)).toBeLessThan(10_000);
  const { userId } = subject;
  const told = { userId, sessionId: tokens.sessionId, ended: false };
  await vi.waitFor(() => expect(auth.revocations).toContainEqual(told), 5_000);
  expect((await stepUp({ code })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');

  // The caller's principal is the one from before: the session itself decides.
  expect((await changePassword(caller)).data.changePassword).toEqual({ endedSessions: 0 });
  expect(await auth.securityEvents(subject.userId)).toContain('STEPPED_UP');
});

it('a refresh tells of the step-up, and is none itself', async () => {
  const { tokens, app } = await mfa.enrolled('grace');
  await age(tokens);
  const first = await auth.refresh(tokens.refreshToken);
  const renewed = first.data.refreshToken as Tokens;
  const caller = await mfa.callerOf(renewed);
  expect((await changePassword(caller)).errors?.[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  await mfa.run(caller, 'stepUp', '{ session { id } }', { code: await app.next() });
  const second = await auth.refresh(renewed.refreshToken);
  const { auth_time: authTime, amr } = decodeJwt(second.data.refreshToken.idToken) as {
    auth_time: number;
    amr: string[];
  };
  expect(amr).toEqual(['pwd', 'otp', 'mfa']);
  expect(Date.now() / 1000 - authTime).toBeLessThan(10);
});

it('an account without a second factor proves itself by password, and only to add one', async () => {
  await auth.account('alan');
  const tokens = await auth.login('alan');
  await age(tokens);
  const caller = await mfa.callerOf(tokens);
  const start = () => mfa.run(caller, 'startTotp', '{ secret }');
  expect((await start()).errors?.[0]?.extensions).toMatchObject({
    code: 'STEP_UP_REQUIRED',
    acr: 'urn:gatehouse:acr:single-factor',
  });
  const stepUp = (input: object) => mfa.run(caller, 'stepUp', '{ session { amr } }', input);
  expect((await stepUp({ code: '000000' })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect((await stepUp({ password: 'wrong password' })).errors?.[0]?.extensions.code).toBe(
    'INVALID_CREDENTIALS',
  );
  expect((await stepUp({ password })).data.stepUp.session).toEqual({ amr: ['pwd'] });
  expect((await start()).errors).toBeUndefined();
  await age(tokens);
  expect((await changePassword(caller)).errors).toBeUndefined();
});

it('a mailed code steps up, once, in any session of its account only', async () => {
  const { subject, tokens, caller } = await mfa.enrolled('kurt');
  await mfa.run(caller, 'startEmailFactor', '{ codeExpiresAt }');
  await mfa.run(caller, 'confirmEmailFactor', '{ factor { id } }', { code: mfa.mailedCode(subject.email) });
  await age(tokens);
  const sent = await auth.ask(caller, 'mutation { sendMfaCode { codeExpiresAt } }');
  expect(sent.errors).toBeUndefined();
  const code = mfa.mailedCode(subject.email);
  const other = await mfa.enrolled('mallory');
  const input = { method: 'EMAIL', code };
  const stepUp = (by: typeof caller) => mfa.run(by, 'stepUp', '{ session { id } }', input);
  expect((await stepUp(other.caller)).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  expect((await stepUp(caller)).errors).toBeUndefined();
  expect((await stepUp(caller)).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
});

it('a program is made only by who proved it is them', async () => {
  const { tokens, subject } = await mfa.enrolled('root');
  subject.permissions.push('clients:write');
  await age(tokens);
  const caller = as((await auth.principal(tokens.accessToken)) as UserPrincipal);
  const answer = await mfa.run(caller, 'createClient', '{ secret }', {
    name: 'program',
    scopes: ['clients:write'],
  });
  expect(answer.errors?.[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
});

it('an audit log is given out only to who proved it is them', async () => {
  const { tokens, subject, app } = await mfa.enrolled('auditor');
  subject.permissions.push('audit:read');
  await age(tokens);
  const caller = as((await auth.principal(tokens.accessToken)) as UserPrincipal);
  const exported = () => mfa.run(caller, 'exportAuditLog', '{ url }', { format: 'CSV' });
  expect((await exported()).errors?.[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  await mfa.run(caller, 'stepUp', '{ session { id } }', { code: await app.next() });
  expect((await exported()).errors).toBeUndefined();
});
