import { Authenticator, newPassword, randomText } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, eventually, mailbox, memberWith, registerAndConfirm } from '../gatehouse.ts';
import { addAuthenticator, challengeOf, tokenFields, verifyMfa, verifyRefusal } from '../mfa.ts';

test('from a password to an authenticator app, its backup codes, and back', async () => {
  const ada = await registerAndConfirm();
  const elsewhere = anyone.as((await anyone.ask<Login>(login, credentials(ada))).login.accessToken);
  expect(await ada.client.ask(factors)).toEqual({ mfa: { factors: [], backupCodesLeft: 0 } });

  const { startTotp } = await ada.client.ask<{ startTotp: { uri: string; qrCode: string } }>(
    'mutation { startTotp { uri qrCode } }',
  );
  expect(startTotp.uri).toContain(encodeURIComponent(ada.email));
  expect(startTotp.qrCode).toContain('<svg');
  const { app, backupCodes, factorId } = await addAuthenticator(ada);
  expect(backupCodes).toHaveLength(10);
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was added/i });
  // The session it was added in goes on; an older one, which has not seen it, is over.
  expect(await ada.client.ask(factors)).toEqual({
    mfa: { factors: [{ id: factorId, method: 'TOTP' }], backupCodesLeft: 10 },
  });
  await eventually(
    async () => expect(await elsewhere.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );

  const challenge = await challengeOf(anyone, ada);
  expect(challenge).toMatchObject({ __typename: 'MfaChallenge', methods: ['TOTP', 'BACKUP_CODE'] });
  expect(await verifyRefusal(anyone, challenge.challengeId, app.wrong())).toBe('INVALID_CODE');
  const signedIn = await anyone.ask<{ verifyMfa: Tokens }>(verifyMfa, {
    input: { challengeId: challenge.challengeId, method: 'TOTP', code: await app.next() },
  });
  const client = anyone.as(signedIn.verifyMfa.accessToken);
  expect(await client.ask('{ session { amr acr user { email } } }')).toEqual({
    session: {
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:gatehouse:acr:multi-factor',
      user: { email: ada.email },
    },
  });
  const { refreshToken } = await anyone.ask<{ refreshToken: Tokens }>(
    `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { ${tokenFields} } }`,
    { input: { refreshToken: signedIn.verifyMfa.refreshToken } },
  );
  expect(await anyone.as(refreshToken.accessToken).ask('{ session { amr } }')).toEqual({
    session: { amr: ['pwd', 'otp', 'mfa'] },
  });

  const [backupCode = ''] = backupCodes;
  const again = await challengeOf(anyone, ada);
  expect(await verifyRefusal(anyone, again.challengeId, backupCode, 'BACKUP_CODE')).toBeNull();
  await mailbox.waitForMail({ to: ada.email, subject: /backup code/i });
  const spent = await challengeOf(anyone, ada);
  expect(await verifyRefusal(anyone, spent.challengeId, backupCode, 'BACKUP_CODE')).toBe('INVALID_CODE');
  const { regenerateBackupCodes: fresh } = await client.ask<{
    regenerateBackupCodes: { backupCodes: string[] };
  }>('mutation { regenerateBackupCodes { backupCodes } }');
  expect(await verifyRefusal(anyone, spent.challengeId, backupCodes[1] ?? '', 'BACKUP_CODE')).toBe(
    'INVALID_CODE',
  );
  expect(
    await verifyRefusal(anyone, spent.challengeId, fresh.backupCodes[0] ?? '', 'BACKUP_CODE'),
  ).toBeNull();

  await client.ask('mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }', {
    input: { factorId },
  });
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was removed/i });
  expect((await anyone.ask<Login>(login, credentials(ada))).login.accessToken).toBeTruthy();

  const { securityEvents } = await client.ask<{ securityEvents: { nodes: { type: string }[] } }>(
    '{ securityEvents(first: 50) { nodes { type } } }',
  );
  expect(securityEvents.nodes.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'MFA_ENABLED',
      'MFA_FAILED',
      'BACKUP_CODE_USED',
      'BACKUP_CODES_REGENERATED',
      'MFA_DISABLED',
    ]),
  );
});

test('with e-mail as the second factor a code comes for each sign-in', async () => {
  const grace = await registerAndConfirm();
  await grace.client.ask('mutation { startEmailFactor { codeExpiresAt } }');
  const confirmed = await grace.client.ask<{ confirmEmailFactor: { factor: { method: string } } }>(
    `mutation ($input: ConfirmEmailFactorInput!) {
       confirmEmailFactor(input: $input) { factor { method } backupCodes }
     }`,
    { input: { code: await mailedCode(grace.email, 1) } },
  );
  expect(confirmed.confirmEmailFactor.factor).toEqual({ method: 'EMAIL' });

  const { challengeId, methods } = await challengeOf(anyone, grace);
  expect(methods).toEqual(['EMAIL', 'BACKUP_CODE']);
  await anyone.ask('mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt } }', {
    input: { challengeId },
  });
  const code = await mailedCode(grace.email, 2);
  expect(await verifyRefusal(anyone, challengeId, code, 'EMAIL')).toBeNull();
  expect(await verifyRefusal(anyone, challengeId, code, 'EMAIL')).toBe('INVALID_CODE');
});

test('wrong codes lock the account’s codes until an administrator lifts it', async () => {
  const ada = await registerAndConfirm();
  const { app, backupCodes } = await addAuthenticator(ada);
  for (let attempt = 0; attempt < 5; attempt++) {
    const { challengeId } = await challengeOf(anyone, ada);
    expect(await verifyRefusal(anyone, challengeId, app.wrong())).toBe('INVALID_CODE');
  }
  const { challengeId } = await challengeOf(anyone, ada);
  const right = () => verifyRefusal(anyone, challengeId, backupCodes[0] ?? '', 'BACKUP_CODE');
  expect(await right()).toBe('INVALID_CODE');
  await mailbox.waitForMail({ to: ada.email, subject: /knows your password/i });
  const admin = await administrator();
  await admin.client.ask(
    'mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id } } }',
    { input: { userId: ada.id } },
  );
  expect(await right()).toBeNull();
});

test('a remembered device is asked for the password alone, until the password changes', async () => {
  const ada = await registerAndConfirm();
  const { app } = await addAuthenticator(ada);
  const { challengeId } = await challengeOf(anyone, ada);
  const { verifyMfa: tokens } = await anyone.ask<{ verifyMfa: { deviceToken: string } }>(
    'mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { deviceToken } }',
    { input: { challengeId, method: 'TOTP', code: await app.next(), rememberDevice: true } },
  );
  const { deviceToken } = tokens;
  const signIn = (password: string) =>
    anyone.ask<{ login: { __typename: string; accessToken?: string } }>(
      'mutation ($input: LoginInput!) { login(input: $input) { __typename ... on TokenSet { accessToken } } }',
      { input: { identifier: ada.email, password, deviceToken } },
    );
  const { login: remembered } = await signIn(ada.password);
  const device = anyone.as(remembered.accessToken);
  expect(await device.ask('{ session { acr } mfa { devices { userAgent } } }')).toEqual({
    session: { acr: 'urn:gatehouse:acr:single-factor' },
    mfa: { devices: [{ userAgent: expect.any(String) }] },
  });
  const password = newPassword();
  const change =
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }';
  const input = { currentPassword: ada.password, newPassword: password };
  expect(await device.refusal(change, { input })).toBe('STEP_UP_REQUIRED');
  expect(await ada.client.refusal(change, { input })).toBeNull();
  expect((await signIn(password)).login.__typename).toBe('MfaChallenge');
});

test('where a role demands a second factor, its holders add one at sign-in', async () => {
  const admin = await administrator();
  const role = `surgeons-${randomText()}`;
  await admin.client.ask(
    'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }',
    { input: { name: role, permissions: [] } },
  );
  const ada = await memberWith([role]);
  const setPolicy = (requirement: string | null, graceSeconds = 0) =>
    admin.client.ask(
      'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { role requirement } } }',
      { input: { role, requirement, graceSeconds } },
    );
  await setPolicy('REQUIRED', 3_600);
  const { login: graced } = await anyone.ask<Login>(login, credentials(ada));
  const { mfa } = await anyone
    .as(graced.accessToken)
    .ask<{ mfa: { requiredFrom: string } }>('{ mfa { requiredFrom } }');
  expect(Date.parse(mfa.requiredFrom)).toBeGreaterThan(Date.now());

  expect(await setPolicy('REQUIRED')).toEqual({
    setMfaPolicy: { policy: { role, requirement: 'REQUIRED' } },
  });
  const { login: enrolment } = await anyone.ask<{ login: { __typename: string; challengeId: string } }>(
    `mutation ($input: LoginInput!) {
       login(input: $input) { __typename ... on MfaEnrolment { challengeId expiresAt } }
     }`,
    credentials(ada),
  );
  expect(enrolment.__typename).toBe('MfaEnrolment');
  const { challengeId } = enrolment;
  const { startTotp } = await anyone.ask<{ startTotp: { secret: string } }>(
    'mutation ($input: StartTotpInput) { startTotp(input: $input) { secret } }',
    { input: { challengeId } },
  );
  const app = new Authenticator(startTotp.secret);
  const { confirmTotp } = await anyone.ask<{ confirmTotp: { tokens: Tokens } }>(
    `mutation ($input: ConfirmTotpInput!) {
       confirmTotp(input: $input) { backupCodes tokens { ${tokenFields} } }
     }`,
    { input: { challengeId, code: await app.next() } },
  );
  expect(await anyone.as(confirmTotp.tokens.accessToken).ask('{ session { acr user { email } } }')).toEqual({
    session: { acr: 'urn:gatehouse:acr:multi-factor', user: { email: ada.email } },
  });
  expect(await challengeOf(anyone, ada)).toMatchObject({ __typename: 'MfaChallenge' });
  expect(await setPolicy(null)).toEqual({ setMfaPolicy: { policy: null } });
});

async function mailedCode(to: string, count: number): Promise<string> {
  const mail = await mailbox.waitForMail({ to, subject: /your code/i, count });
  const code = /^\s*(\d{6})\s*$/m.exec(mail.text)?.[1];
  if (!code) throw new Error(`no code in: ${mail.text}`);
  return code;
}

type Tokens = { accessToken: string; refreshToken: string };
type Login = { login: Tokens };

const login = `mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { ${tokenFields} } } }`;
const credentials = ({ email, password }: { email: string; password: string }) => ({
  input: { identifier: email, password },
});
const factors = '{ mfa { factors { id method } backupCodesLeft } }';
