import { Authenticator } from '@gatehouse/testkit/clients';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

const query = '{ mfa { factors { id method } backupCodesLeft } }';

it('adds an authenticator app, which sign-in asks for from then on', async () => {
  const { subject, caller, app, factor, backupCodes, startTotp } = await mfa.enrolled('ada');
  expect(startTotp.uri).toMatch(
    /^otpauth:\/\/totp\/default:ada%40example\.com\?issuer=default&secret=[A-Z2-7]{32}&algorithm=SHA1&digits=6&period=30$/,
  );
  expect(startTotp.qrCode).toMatch(/^<svg .*<\/svg>$/s);
  expect(factor).toMatchObject({ method: 'TOTP', createdAt: expect.any(String) });
  expect(new Set(backupCodes)).toHaveLength(10);
  for (const code of backupCodes) expect(code).toMatch(/^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
  expect((await auth.ask(caller, query)).data.mfa).toEqual({
    factors: [{ id: factor.id, method: 'TOTP' }],
    backupCodesLeft: 10,
  });

  const challenge = await mfa.challenge('ada');
  expect(challenge).toMatchObject({ __typename: 'MfaChallenge', methods: ['TOTP', 'BACKUP_CODE'] });
  expect(challenge.challengeId).toMatch(/^[\w-]{43}$/);
  const { data } = await mfa.verify(challenge.challengeId, await app.next());
  const claims = { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:gatehouse:acr:multi-factor' };
  expect(decodeJwt(data.verifyMfa.accessToken)).toMatchObject(claims);
  expect(decodeJwt(data.verifyMfa.idToken)).toMatchObject(claims);
  expect(await auth.principal(data.verifyMfa.accessToken)).toMatchObject({
    userId: subject.userId,
    amr: claims.amr,
    secondFactor: true,
  });

  const renewed = await auth.refresh(data.verifyMfa.refreshToken);
  expect(decodeJwt(renewed.data.refreshToken.accessToken)).toMatchObject(claims);
  expect(decodeJwt(renewed.data.refreshToken.idToken)).toMatchObject(claims);
  expect(await auth.securityEvents(subject.userId)).toEqual([
    'LOGIN_SUCCEEDED',
    'MFA_ENABLED',
    'LOGIN_SUCCEEDED',
  ]);
  const mail = await until(() => auth.mails.find(({ to }) => to === subject.email));
  expect(mail).toMatchObject({ template: 'SECOND_FACTOR_ADDED', parameters: { method: 'totp' } });
});

it('keeps no secret and no code in the clear', async () => {
  const { startTotp, backupCodes } = await mfa.enrolled('clear');
  const { challengeId } = await mfa.challenge('clear');
  const { pool } = auth.deps.database;
  const tables = ['mfa_factor', 'mfa_challenge', 'backup_code', 'security_event', 'outbox'];
  const texts = await Promise.all(tables.map((name) => pool.query(`select t::text from auth.${name} t`)));
  const stored = JSON.stringify(texts.flatMap(({ rows }) => rows));
  for (const secret of [startTotp.secret, challengeId, ...backupCodes, ...backupCodes.map(plain)]) {
    expect(stored).not.toContain(secret);
  }
});
const plain = (code: string) => code.replaceAll('-', '');

it('a factor that is not confirmed asks for nothing, and starting again replaces it', async () => {
  await auth.account('slow');
  const caller = await mfa.callerOf(await auth.login('slow'));
  const first = (await mfa.run(caller, 'startTotp', '{ secret }')).data.startTotp.secret;
  const second = (await mfa.run(caller, 'startTotp', '{ secret }')).data.startTotp.secret;
  expect(second).not.toBe(first);
  await auth.login('slow');
  const refused = async (code: string) =>
    (await mfa.run(caller, 'confirmTotp', '{ factor { id } }', { code })).errors?.[0]?.extensions.code;
  expect(await refused(await new Authenticator(first).next())).toBe('INVALID_CODE');
  expect(await refused('123')).toBe('INVALID_CODE');
  expect(await refused(await new Authenticator(second).next())).toBeUndefined();
  expect((await mfa.run(caller, 'startTotp', '{ secret }')).errors?.[0]?.extensions.code).toBe('CONFLICT');
});

it('the first factor ends every other session and raises the one it was added in', async () => {
  await auth.account('grace');
  const older = await auth.login('grace');
  const current = await auth.login('grace');
  const caller = await mfa.callerOf(current);
  const { secret } = (await mfa.run(caller, 'startTotp', '{ secret }')).data.startTotp;
  const app = new Authenticator(secret);
  await mfa.run(caller, 'confirmTotp', '{ factor { id } }', { code: await app.next() });
  expect(await auth.principal(older.accessToken)).toBeNull();
  expect((await auth.refresh(older.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
  expect(await auth.principal(current.accessToken)).toMatchObject({
    amr: ['pwd', 'otp', 'mfa'],
    secondFactor: true,
  });
});

it('a backup code signs in once; new ones void the others', async () => {
  const { subject, caller, backupCodes } = await mfa.enrolled('alan');
  const [code = '', other = ''] = backupCodes;
  const again = async (text: string) =>
    mfa.verifyRefusal((await mfa.challenge('alan')).challengeId, text, 'BACKUP_CODE');
  expect(await again(` ${plain(code).toUpperCase()} `)).toBeNull();
  expect(await again(code)).toBe('INVALID_CODE');
  expect((await auth.ask(caller, query)).data.mfa.backupCodesLeft).toBe(9);
  const { data } = await mfa.run(caller, 'regenerateBackupCodes', '{ backupCodes }');
  expect(data.regenerateBackupCodes.backupCodes).toHaveLength(10);
  expect(await again(other)).toBe('INVALID_CODE');
  expect(await again(data.regenerateBackupCodes.backupCodes[9])).toBeNull();
  expect(await auth.securityEvents(subject.userId)).toEqual(
    expect.arrayContaining(['BACKUP_CODE_USED', 'MFA_FAILED', 'BACKUP_CODES_REGENERATED']),
  );
  const mail = await until(() =>
    auth.mails.find(({ to, template }) => to === subject.email && template === 'BACKUP_CODE_USED'),
  );
  expect(mail.parameters).toMatchObject({ codesLeft: 9, ipAddress: '192.0.2.1' });
});

it('e-mail is a factor: a code for this challenge only, replaced by a newer one', async () => {
  const kurt = await auth.account('kurt');
  const caller = await mfa.callerOf(await auth.login('kurt'));
  await mfa.run(caller, 'startEmailFactor', '{ codeExpiresAt }');
  const confirm = (code: string | undefined) =>
    mfa.run(caller, 'confirmEmailFactor', '{ factor { method } backupCodes }', { code });
  expect((await confirm('wrong')).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  const confirmed = await confirm(mfa.mailedCode(kurt.email));
  expect(confirmed.data.confirmEmailFactor).toMatchObject({
    factor: { method: 'EMAIL' },
    backupCodes: expect.any(Array),
  });

  const send = (challengeId: string) =>
    mfa.run(anonymous(), 'sendMfaCode', '{ codeExpiresAt }', { challengeId });
  const first = await mfa.challenge('kurt');
  const second = await mfa.challenge('kurt');
  expect(first.methods).toEqual(['EMAIL', 'BACKUP_CODE']);
  await send(first.challengeId);
  const older = mfa.mailedCode(kurt.email) ?? '';
  await send(first.challengeId);
  const code = mfa.mailedCode(kurt.email) ?? '';
  const refusal = (id: string, text: string) => mfa.verifyRefusal(id, text, 'EMAIL');
  expect(await refusal(second.challengeId, code)).toBe('INVALID_CODE');
  if (older !== code) expect(await refusal(first.challengeId, older)).toBe('INVALID_CODE');
  expect(await refusal(first.challengeId, code)).toBeNull();
  expect(await refusal(first.challengeId, code)).toBe('INVALID_CODE');
  const third = await mfa.challenge('kurt');
  for (let n = 0; n < 3; n++) expect((await send(third.challengeId)).errors).toBeUndefined();
  expect((await send(third.challengeId)).errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
});

it('removing the last factor takes its backup codes, and a waiting sign-in comes to nothing', async () => {
  const { subject, caller, app, factor, backupCodes } = await mfa.enrolled('edsger');
  const { challengeId } = await mfa.challenge('edsger');
  const { data } = await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId: factor.id });
  expect(data.removeFactor).toEqual({ factorId: factor.id });
  expect(await mfa.verifyRefusal(challengeId, await app.next())).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(challengeId, backupCodes[0] ?? '', 'BACKUP_CODE')).toBe('INVALID_CODE');
  await auth.login('edsger');
  expect((await auth.ask(caller, query)).data.mfa).toEqual({ factors: [], backupCodesLeft: 0 });
  const mail = await until(() =>
    auth.mails.find(({ to, template }) => to === subject.email && template === 'SECOND_FACTOR_REMOVED'),
  );
  expect(mail.parameters).toMatchObject({ method: 'totp' });
});

it('a stranger’s factor is not found', async () => {
  const { factor } = await mfa.enrolled('owner');
  await auth.account('stranger');
  const stranger = await mfa.callerOf(await auth.login('stranger'));
  const answer = await mfa.run(stranger, 'removeFactor', '{ factorId }', { factorId: factor.id });
  expect(answer.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
});
