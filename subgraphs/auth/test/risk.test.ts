import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '@gatehouse/identity';
import { geoipDatabase } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const newerFirefox = firefox.replaceAll('140.0', '141.0');
const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';

let auth: TestAuth;
let folder: string;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-risk-'));
  const located = (country: string, name: string, latitude: number, longitude: number, asn: number) => ({
    country: { iso_code: country },
    city: { names: { en: name } },
    location: { latitude, longitude },
    autonomous_system_number: asn,
  });
  const geoip = join(folder, 'city.mmdb');
  await writeFile(
    geoip,
    geoipDatabase({
      '100.1.0.0/16': located('DE', 'Berlin', 52.52, 13.4, 1),
      '100.2.0.0/16': located('DE', 'Potsdam', 52.4, 13.06, 2),
      '100.3.0.0/16': located('AU', 'Sydney', -33.87, 151.21, 3),
      '100.4.0.0/16': located('DE', 'Berlin', 52.52, 13.4, 1),
    }),
  );
  const tor = join(folder, 'tor.txt');
  await writeFile(tor, '100.9.0.0/16\n');
  auth = await startAuth({ geoipDatabases: [geoip], addressLists: [tor] });
  mfa = mfaOf(auth);
});
afterAll(async () => {
  await auth.stop();
  await rm(folder, { recursive: true });
});

const home = '100.1.1.1';
const from = (ipAddress: string, userAgent = firefox): Caller => {
  const caller = anonymous(undefined, ipAddress);
  return { ...caller, client: { ...caller.client, userAgent } };
};

const login = `mutation ($input: LoginInput!) { login(input: $input) {
  __typename ... on TokenSet { accessToken sessionId } ... on MfaChallenge { challengeId methods } } }`;
const signIn = async (name: string, caller: Caller, given: object = {}) => {
  const { data, errors } = await auth.ask(caller, login, { input: { identifier: name, password, ...given } });
  return errors ? { refused: errors[0]?.extensions.code } : data.login;
};

/** The newest security event about somebody, with what it says of the risk. */
const lastEvent = async (userId: string, skip = 0) => {
  const { rows } = await auth.deps.database.pool.query(
    'select type, details from auth.security_event where user_id = $1 order by position desc limit 1 offset $2',
    [userId, skip],
  );
  const { score, reasons } = rows[0].details;
  return { type: rows[0].type, score, reasons };
};
const mailsTo = (email: string) =>
  auth.mails.filter(({ to }) => to === email).map(({ template }) => template);

it('finds nothing in the first sign-in, in the same again, and in a newer version of the browser', async () => {
  const ada = await auth.account('ada');
  for (const userAgent of [firefox, firefox, newerFirefox]) {
    expect((await signIn('ada', from(home, userAgent))).__typename).toBe('TokenSet');
    expect(await lastEvent(ada.userId)).toEqual({ type: 'LOGIN_SUCCEEDED' });
  }
});

it('tells the holder of a new kind of device, once', async () => {
  const grace = await auth.account('grace');
  await signIn('grace', from(home));
  expect((await signIn('grace', from(home, safari))).__typename).toBe('TokenSet');
  expect(await lastEvent(grace.userId)).toEqual({
    type: 'LOGIN_SUCCEEDED',
    score: 25,
    reasons: ['NEW_DEVICE'],
  });
  const mail = await until(() => auth.mails.find(({ to }) => to === grace.email));
  expect(mail).toMatchObject({
    template: 'NEW_DEVICE_SIGN_IN',
    parameters: { device: 'Safari on macOS', place: 'Berlin, DE', ipAddress: home },
  });
  await signIn('grace', from(home, safari));
  expect(await lastEvent(grace.userId)).toEqual({ type: 'LOGIN_SUCCEEDED' });
});

it('knows a network by its neighbours and by its operator', async () => {
  const lise = await auth.account('lise');
  await signIn('lise', from(home));
  for (const address of ['100.1.1.200', '100.4.7.7']) {
    await signIn('lise', from(address));
    expect(await lastEvent(lise.userId)).toEqual({ type: 'LOGIN_SUCCEEDED' });
  }
  await signIn('lise', from('100.2.1.1'));
  expect(await lastEvent(lise.userId)).toEqual({
    type: 'LOGIN_SUCCEEDED',
    score: 25,
    reasons: ['NEW_NETWORK'],
  });
});

it('asks an account without a factor for a mailed code, which proves the mailbox and is no factor', async () => {
  const mary = await auth.account('mary');
  await signIn('mary', from(home));
  const abroad = from('100.3.1.1');
  const challenge = await signIn('mary', abroad);
  expect(challenge).toMatchObject({ __typename: 'MfaChallenge', methods: ['EMAIL'] });
  expect(await lastEvent(mary.userId)).toEqual({
    type: 'LOGIN_CHALLENGED',
    score: 65,
    reasons: ['NEW_NETWORK', 'IMPOSSIBLE_TRAVEL'],
  });
  expect(await mfa.verifyRefusal(challenge.challengeId, '000000', 'EMAIL', abroad)).toBe('INVALID_CODE');
  await auth.ask(
    abroad,
    'mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt } }',
    {
      input: { challengeId: challenge.challengeId },
    },
  );
  const code = mfa.mailedCode(mary.email) ?? '';
  for (const method of ['TOTP', 'BACKUP_CODE']) {
    expect(await mfa.verifyRefusal(challenge.challengeId, code, method, abroad)).toBe('INVALID_CODE');
  }
  const { data } = await mfa.verify(challenge.challengeId, code, 'EMAIL', abroad);
  expect(await auth.principal(data.verifyMfa.accessToken)).toMatchObject({
    amr: ['pwd', 'otp'],
    secondFactor: false,
  });
  expect(await lastEvent(mary.userId)).toEqual({
    type: 'LOGIN_SUCCEEDED',
    score: 65,
    reasons: ['NEW_NETWORK', 'IMPOSSIBLE_TRAVEL'],
  });
  expect(await mfa.verifyRefusal(challenge.challengeId, code, 'EMAIL', abroad)).toBe('INVALID_CODE');
  expect((await signIn('mary', abroad)).__typename).toBe('TokenSet');
});

it('is not at ease with a way that takes an airliner, once there was time for it', async () => {
  const amelia = await auth.account('amelia');
  await signIn('amelia', from(home));
  await auth.deps.database.pool.query(
    "update auth.sign_in_place set last_seen_at = now() - interval '20 hours' where user_id = $1",
    [amelia.userId],
  );
  expect((await signIn('amelia', from('100.3.1.1'))).__typename).toBe('TokenSet');
  expect(await lastEvent(amelia.userId)).toMatchObject({ reasons: ['NEW_NETWORK'] });
});

it('asks an account with a factor for it, on a remembered device too', async () => {
  const { subject, app } = await mfa.enrolled('rosa');
  const caller = from(home);
  const challenge = await signIn('rosa', caller);
  const { data } = await auth.ask(
    caller,
    'mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { deviceToken } }',
    {
      input: {
        challengeId: challenge.challengeId,
        method: 'TOTP',
        code: await app.next(),
        rememberDevice: true,
      },
    },
  );
  const { deviceToken } = data.verifyMfa;
  expect((await signIn('rosa', caller, { deviceToken })).__typename).toBe('TokenSet');
  const abroad = await signIn('rosa', from('100.3.1.1'), { deviceToken });
  expect(abroad.__typename).toBe('MfaChallenge');
  expect(abroad.methods).toContain('TOTP');
  expect(await lastEvent(subject.userId)).toMatchObject({ type: 'LOGIN_CHALLENGED' });
});

it('refuses nearly everything at once, as it would a wrong password, and tells the holder', async () => {
  const alan = await auth.account('alan');
  await signIn('alan', from(home));
  const stranger = from('100.9.1.1', 'curl/8.5.0');
  for (let n = 0; n < 3; n++) await signIn('alan', stranger, { password: 'wrong password' });
  const before = await auth.securityEvents(alan.userId);
  expect(await signIn('alan', stranger)).toEqual({ refused: 'INVALID_CREDENTIALS' });
  expect(await lastEvent(alan.userId)).toEqual({
    type: 'LOGIN_REFUSED',
    score: 100,
    reasons: ['NEW_DEVICE', 'NEW_NETWORK', 'ACCOUNT_FAILURES', 'LISTED_ADDRESS'],
  });
  expect(await auth.securityEvents(alan.userId)).toEqual([...before, 'LOGIN_REFUSED']);
  await until(() => mailsTo(alan.email).includes('SIGN_IN_REFUSED'));
  // Again and again fills no mailbox; an hour may end in between.
  const handled = async () => {
    const { rowCount } = await auth.deps.database.pool.query(
      "select from auth.processed_event where group_name = 'auth.sign-in-reported'",
    );
    return rowCount ?? 0;
  };
  const first = await until(handled);
  for (let n = 0; n < 3; n++) await signIn('alan', stranger);
  await until(async () => (await handled()) >= first + 3);
  expect(mailsTo(alan.email).length).toBeLessThanOrEqual(2);
  expect((await signIn('alan', from(home))).__typename).toBe('TokenSet');
});

it('lets nobody add a factor of their own at a sign-in that asks for a second step', async () => {
  const edith = await auth.account('edith', { roles: ['strict'] });
  await signIn('edith', from(home));
  const root = await auth.account('policy-maker', { permissions: ['mfa-policies:write'] });
  const caller = as(await auth.principal((await auth.login(root.username ?? '')).accessToken));
  await auth.ask(
    caller,
    'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { role } } }',
    {
      input: { role: 'strict', requirement: 'REQUIRED' },
    },
  );
  expect(await signIn('edith', from('100.3.1.1'))).toEqual({ refused: 'INVALID_CREDENTIALS' });
  expect(await lastEvent(edith.userId)).toMatchObject({ type: 'LOGIN_REFUSED' });
  expect((await signIn('edith', from(home))).__typename).toBe('MfaEnrolment');
});

it('forgets what was familiar with a new password', async () => {
  const hedy = await auth.account('hedy');
  await signIn('hedy', from(home));
  await auth.ask(
    anonymous(),
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }',
    {
      input: { email: hedy.email },
    },
  );
  const mail = await until(() => auth.mails.find(({ to }) => to === hedy.email));
  const code = new URL(mail.parameters.link ?? '').searchParams.get('code');
  await auth.ask(
    anonymous(),
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }',
    {
      input: { code, password },
    },
  );
  expect((await signIn('hedy', from('100.3.1.1', safari))).__typename).toBe('TokenSet');
  expect(await lastEvent(hedy.userId)).toEqual({ type: 'LOGIN_SUCCEEDED' });
});

it('says where a session is', async () => {
  await auth.account('vera');
  const { accessToken, sessionId } = await signIn('vera', from('100.3.1.1'));
  const caller = as(await auth.principal(accessToken));
  const { data } = await auth.ask(caller, '{ session { id place { country city } } }');
  expect(data.session).toEqual({ id: sessionId, place: { country: 'AU', city: 'Sydney' } });
});

it('is each tenant’s own to set', async () => {
  const permissions = ['risk-policies:read', 'risk-policies:write'];
  const other = auth.otherTenant;
  const root = await auth.account('officer', { permissions, tenantId: other.id });
  const tokens = await auth.login('officer', anonymous(other.primaryHost));
  const officer = as(await auth.principal(tokens.accessToken));
  officer.client.host = other.primaryHost;
  const policy = 'askFrom refuseFrom weights { reason weight }';
  const set = (input: object) =>
    auth.ask(
      officer,
      `mutation ($input: SetRiskPolicyInput!) { setRiskPolicy(input: $input) { policy { ${policy} } } }`,
      {
        input,
      },
    );
  const { data } = await auth.ask(officer, `{ riskPolicy { ${policy} } }`);
  expect(data.riskPolicy).toMatchObject({ askFrom: 60, refuseFrom: 100 });
  expect(data.riskPolicy.weights).toHaveLength(6);
  for (const input of [{ askFrom: 0 }, { askFrom: 101 }, { askFrom: 80, refuseFrom: 70 }]) {
    expect((await set(input)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
  const changed = await set({
    refuseFrom: 25,
    askFrom: null,
    weights: [{ reason: 'NEW_NETWORK', weight: 0 }],
  });
  expect(changed.data.setRiskPolicy.policy).toMatchObject({ askFrom: null, refuseFrom: 25 });

  const there = (ipAddress: string, userAgent = firefox): Caller => {
    const caller = from(ipAddress, userAgent);
    return { ...caller, client: { ...caller.client, host: other.primaryHost } };
  };
  await auth.account('olga', { tenantId: other.id });
  await signIn('olga', there(home));
  expect((await signIn('olga', there('100.2.1.1'))).__typename).toBe('TokenSet');
  expect(await signIn('olga', there(home, safari))).toEqual({ refused: 'INVALID_CREDENTIALS' });
  await set({ refuseFrom: null });
  expect((await signIn('olga', there(home, safari))).__typename).toBe('TokenSet');
  expect(await lastEvent(root.userId)).toMatchObject({ type: 'RISK_POLICY_CHANGED' });
  // Nobody else's.
  const mine = await auth.account('auditor', { permissions });
  const auditor = as(await auth.principal((await auth.login(mine.username ?? '')).accessToken));
  expect((await auth.ask(auditor, '{ riskPolicy { askFrom } }')).data.riskPolicy.askFrom).toBe(60);
});
