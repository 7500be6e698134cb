import { newId } from '@gatehouse/data';
import { Authenticator } from '@gatehouse/testkit/clients';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
let root: ReturnType<typeof as>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
  const permissions = ['mfa-policies:read', 'mfa-policies:write'];
  await auth.account('root', { permissions });
  root = as(await auth.principal((await auth.login('root')).accessToken));
});
afterAll(() => auth.stop());

const set = (input: { role?: string; requirement?: string | null; graceSeconds?: number }, by = root) =>
  mfa.run(by, 'setMfaPolicy', '{ policy { role requirement graceSeconds since } }', input);
const code = (answer: { errors?: { extensions: { code: string } }[] }) => answer.errors?.[0]?.extensions.code;

const login = async (identifier: string, caller = anonymous()) =>
  (
    await mfa.run(
      caller,
      'login',
      '{ __typename ... on MfaEnrolment { challengeId expiresAt } ... on TokenSet { accessToken } }',
      { identifier, password },
    )
  ).data.login;

const startTotp = (challengeId: string, caller = anonymous()) =>
  auth.ask(caller, 'mutation ($input: StartTotpInput) { startTotp(input: $input) { secret } }', {
    input: { challengeId },
  });
const confirmTotp = (challengeId: string, text: string, caller = anonymous()) =>
  mfa.run(
    caller,
    'confirmTotp',
    '{ factor { id } backupCodes tokens { accessToken refreshToken idToken sessionId } }',
    { challengeId, code: text },
  );

it('who has to have a second factor adds one at sign-in, before there is a session', async () => {
  const nurse = await auth.account('nurse', { roles: ['nurse'] });
  const before = await auth.login('nurse');
  await set({ role: 'nurse', requirement: 'REQUIRED' });
  const enrolment = await login('nurse');
  expect(enrolment).toMatchObject({ __typename: 'MfaEnrolment', expiresAt: expect.any(String) });
  const { challengeId } = enrolment;
  const events = await auth.securityEvents(nurse.userId);
  expect(events).toEqual(['LOGIN_SUCCEEDED']);
  expect(await mfa.verifyRefusal(challengeId, '000000')).toBe('INVALID_CODE');
  expect(code(await mfa.run(anonymous(), 'sendMfaCode', '{ codeExpiresAt }', { challengeId }))).toBe(
    'INVALID_CODE',
  );

  const elsewhere = anonymous('clinicwave.com');
  expect(code(await startTotp(challengeId, elsewhere))).toBe('INVALID_CODE');
  const app = new Authenticator((await startTotp(challengeId)).data.startTotp.secret);
  expect(code(await confirmTotp(challengeId, app.wrong()))).toBe('INVALID_CODE');
  const right = await app.next();
  expect(code(await confirmTotp(challengeId, right, elsewhere))).toBe('INVALID_CODE');
  const { data } = await confirmTotp(challengeId, right);
  expect(data.confirmTotp.backupCodes).toHaveLength(10);
  const { tokens } = data.confirmTotp;
  expect(decodeJwt(tokens.idToken)).toMatchObject({
    amr: ['pwd', 'otp', 'mfa'],
    acr: 'urn:gatehouse:acr:multi-factor',
  });
  expect(await auth.principal(tokens.accessToken)).toMatchObject({
    userId: nurse.userId,
    secondFactor: true,
  });
  expect(await auth.principal(before.accessToken)).toBeNull();
  expect(code(await confirmTotp(challengeId, await app.next()))).toBe('INVALID_CODE');
  expect((await login('nurse')).__typename).toBe('MfaChallenge');

  const caller = await mfa.callerOf(tokens);
  const factorId = data.confirmTotp.factor.id;
  expect(code(await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId }))).toBe('CONFLICT');
  const { data: own } = await auth.ask(caller, '{ mfa { requiredFrom factors { id } } }');
  expect(own.mfa).toEqual({ requiredFrom: expect.any(String), factors: [{ id: factorId }] });
});

it('an enrolment is no way round a factor that is there: not a challenge’s, nor one older than the factor', async () => {
  await auth.account('doctor', { roles: ['doctor'] });
  const caller = await mfa.callerOf(await auth.login('doctor'));
  await set({ role: 'doctor', requirement: 'REQUIRED' });
  const { challengeId: stale } = await login('doctor');
  const thief = new Authenticator((await startTotp(stale)).data.startTotp.secret);
  // The holder adds an app in a session of theirs meanwhile.
  const { data } = await mfa.run(caller, 'startTotp', '{ secret }');
  const app = new Authenticator(data.startTotp.secret);
  await mfa.run(caller, 'confirmTotp', '{ factor { id } }', { code: await app.next() });
  expect(code(await confirmTotp(stale, await thief.next()))).toBe('INVALID_CODE');
  expect(code(await startTotp(stale))).toBe('INVALID_CODE');
  const { challengeId } = await mfa.challenge('doctor');
  expect(code(await startTotp(challengeId))).toBe('INVALID_CODE');
  expect(code(await confirmTotp(challengeId, await app.next()))).toBe('INVALID_CODE');
});

it('50 confirmations of one enrolment open one session', async () => {
  const porter = await auth.account('porter', { roles: ['porter'] });
  await set({ role: 'porter', requirement: 'REQUIRED' });
  const { challengeId } = await login('porter');
  const app = new Authenticator((await startTotp(challengeId)).data.startTotp.secret);
  const text = await app.next();
  const answers = await Promise.all(Array.from({ length: 50 }, () => confirmTotp(challengeId, text)));
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  const { rows } = await auth.deps.database.pool.query('select id from auth.session where user_id = $1', [
    porter.userId,
  ]);
  expect(rows).toHaveLength(1);
});

describe('a code that is sent adds the factor, too:', () => {
  let network = 0;
  /** Somewhere that nobody has tried from. */
  const somewhere = (host?: string) => anonymous(host, `198.51.${network++}.1`);
  const ways = [
    {
      kind: 'email',
      start: 'startEmailFactor',
      confirm: 'confirmEmailFactor',
      extra: {},
      amr: ['pwd', 'otp', 'mfa'],
      codeFor: (email: string, _number: string) => mfa.mailedCode(email),
    },
    {
      kind: 'sms',
      start: 'startSmsFactor',
      confirm: 'confirmSmsFactor',
      extra: { phoneNumber: '+4915112349001' },
      amr: ['pwd', 'sms', 'mfa'],
      codeFor: (_email: string, number: string) => mfa.textedCode(number),
    },
  ] as const;
  const selection = '{ factor { id method } backupCodes tokens { accessToken idToken sessionId } }';

  it.each(ways)('by $kind', async ({ kind, start, confirm, extra, amr, codeFor }) => {
    const role = `ward-${kind}`;
    const { userId, email } = await auth.account(role, { roles: [role] });
    const before = await auth.login(role);
    await set({ role, requirement: 'REQUIRED' });
    const { challengeId } = await login(role);
    const begin = (id: string | null, caller = somewhere()) =>
      mfa.run(caller, start, '{ codeExpiresAt }', { ...extra, challengeId: id });
    const finish = (id: string, text: string | undefined, caller = somewhere()) =>
      mfa.run(caller, confirm, selection, { challengeId: id, code: text });

    expect(code(await begin(null))).toBe('UNAUTHENTICATED');
    expect(code(await begin('x'.repeat(43)))).toBe('INVALID_CODE');
    expect(code(await begin(challengeId, somewhere('clinicwave.com')))).toBe('INVALID_CODE');
    expect(code(await begin(challengeId))).toBeUndefined();
    const sent = codeFor(email, '+4915112349001');
    expect(code(await finish(challengeId, sent, somewhere('clinicwave.com')))).toBe('INVALID_CODE');
    expect(code(await finish(challengeId, sent === '000000' ? '000001' : '000000'))).toBe('INVALID_CODE');
    const answers = await Promise.all(Array.from({ length: 50 }, () => finish(challengeId, sent)));
    const [right, ...others] = answers.filter(({ errors }) => !errors);
    expect(others).toEqual([]);
    expect(right?.data[confirm].backupCodes).toHaveLength(10);
    const { tokens } = right?.data[confirm] ?? {};
    expect(decodeJwt(tokens.idToken)).toMatchObject({ amr, acr: 'urn:gatehouse:acr:multi-factor' });
    expect(await auth.principal(tokens.accessToken)).toMatchObject({ userId, secondFactor: true });
    expect(await auth.principal(before.accessToken)).toBeNull();
    expect((await login(role)).__typename).toBe('MfaChallenge');
  });

  it('guessing it ends after five, over sign-ins', async () => {
    const { email } = await auth.account('guessed', { roles: ['guessed'] });
    await set({ role: 'guessed', requirement: 'REQUIRED' });
    const { challengeId } = await login('guessed');
    await mfa.run(somewhere(), 'startEmailFactor', '{ codeExpiresAt }', { challengeId });
    const sent = mfa.mailedCode(email);
    const wrong = sent === '000000' ? '000001' : '000000';
    for (let n = 0; n < 5; n++) {
      const { challengeId: other } = await login('guessed');
      const input = { challengeId: other, code: wrong };
      const elsewhere = somewhere();
      expect(code(await mfa.run(elsewhere, 'confirmEmailFactor', selection, input))).toBe('INVALID_CODE');
    }
    const input = { challengeId, code: sent };
    const holder = somewhere();
    expect(code(await mfa.run(holder, 'confirmEmailFactor', selection, input))).toBe('INVALID_CODE');
  });

  it('is no way round a factor that is there', async () => {
    await auth.account('twice', { roles: ['twice'] });
    await set({ role: 'twice', requirement: 'REQUIRED' });
    const { challengeId: stale } = await login('twice');
    const { challengeId } = await login('twice');
    const app = new Authenticator((await startTotp(challengeId, somewhere())).data.startTotp.secret);
    await confirmTotp(challengeId, await app.next(), somewhere());
    const answer = await mfa.run(somewhere(), 'startEmailFactor', '{ codeExpiresAt }', {
      challengeId: stale,
    });
    expect(code(answer)).toBe('INVALID_CODE');
  });
});

it('there is a grace, from the rule or the account on', async () => {
  await set({ role: 'clerk', requirement: 'REQUIRED', graceSeconds: 86_400 });
  await auth.account('clerk', { roles: ['clerk'] });
  const tokens = await login('clerk');
  expect(tokens.__typename).toBe('TokenSet');
  const { data } = await auth.ask(await mfa.callerOf(tokens), '{ mfa { requiredFrom } }');
  expect(Date.parse(data.mfa.requiredFrom)).toBeGreaterThan(Date.now() + 86_000_000);
  const longAgo = "now() - interval '2 days'";
  await auth.deps.database.pool.query(`update auth.mfa_policy set since = ${longAgo} where role = 'clerk'`);
  expect((await login('clerk')).__typename).toBe('TokenSet');
  await auth.deps.database.pool.query(`update auth.credential set created_at = ${longAgo}`);
  expect((await login('clerk')).__typename).toBe('MfaEnrolment');
  // The same requirement again does not begin anew.
  await set({ role: 'clerk', requirement: 'REQUIRED', graceSeconds: 86_400 });
  expect((await login('clerk')).__typename).toBe('MfaEnrolment');
});

it('a role’s rule goes before everybody’s, the strictest of several counts, and off is off', async () => {
  await auth.account('visitor', { roles: ['visitor'] });
  await auth.account('both', { roles: ['visitor', 'guard'] });
  await auth.account('plain', { roles: [] });
  await set({ requirement: 'REQUIRED' });
  await set({ role: 'visitor', requirement: 'OFF' });
  await set({ role: 'guard', requirement: 'REQUIRED' });
  expect((await login('plain')).__typename).toBe('MfaEnrolment');
  expect((await login('both')).__typename).toBe('MfaEnrolment');
  const visitor = await login('visitor');
  expect(visitor.__typename).toBe('TokenSet');
  const caller = await mfa.callerOf(visitor);
  expect(code(await mfa.run(caller, 'startTotp', '{ secret }'))).toBe('FORBIDDEN');
  expect(code(await mfa.run(caller, 'startEmailFactor', '{ codeExpiresAt }'))).toBe('FORBIDDEN');
  const { data } = await auth.ask(root, '{ mfaPolicies { role requirement } }');
  expect(data.mfaPolicies.slice(0, 1)).toEqual([{ role: null, requirement: 'REQUIRED' }]);
  expect(data.mfaPolicies).toContainEqual({ role: 'visitor', requirement: 'OFF' });
  expect((await set({ requirement: null })).data.setMfaPolicy).toEqual({ policy: null });
  expect((await login('plain')).__typename).toBe('TokenSet');
});

it('is the business of the tenant, of who may, and of who proved it lately', async () => {
  const foreign = as({
    ...(root.principal as never as object),
    tenantId: auth.otherTenant.id,
    sessionId: newId(),
  } as never);
  expect((await auth.ask(foreign, '{ mfaPolicies { role } }')).data.mfaPolicies).toEqual([]);
  await auth.account('nobody');
  const nobody = await mfa.callerOf(await auth.login('nobody'));
  expect(code(await set({ requirement: 'OFF' }, nobody))).toBe('FORBIDDEN');
  expect(code(await auth.ask(nobody, '{ mfaPolicies { role } }'))).toBe('FORBIDDEN');
  expect(code(await set({ requirement: 'REQUIRED', graceSeconds: -1 }))).toBe('BAD_USER_INPUT');
  expect(code(await set({ role: '', requirement: 'REQUIRED' }))).toBe('BAD_USER_INPUT');
  const enrolled = await mfa.enrolled('chief');
  enrolled.subject.permissions.push('mfa-policies:write');
  await auth.deps.database.pool.query(
    "update auth.session set auth_time = now() - interval '1 hour' where id = $1",
    [enrolled.tokens.sessionId],
  );
  const chief = await mfa.callerOf(enrolled.tokens);
  expect(code(await set({ requirement: 'OFF' }, chief))).toBe('STEP_UP_REQUIRED');
  expect(await auth.securityEvents()).toContain('MFA_POLICY_CHANGED');
});
