import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth({ smsCountries: ['DE', 'US'] });
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

let numbers = 0;
const newNumber = () => `+49151${String(20_000_000 + numbers++)}`;

const start = (caller: ReturnType<typeof anonymous>, phoneNumber: string) =>
  mfa.run(caller, 'startSmsFactor', '{ phoneNumber codeExpiresAt }', { phoneNumber });
const confirm = (caller: ReturnType<typeof anonymous>, code: string | undefined) =>
  mfa.run(caller, 'confirmSmsFactor', '{ factor { id method phoneNumber } backupCodes }', { code });
const send = (caller: ReturnType<typeof anonymous>, input: object) =>
  mfa.run(caller, 'sendMfaCode', '{ phoneNumber codeExpiresAt }', { method: 'SMS', ...input });
const codeOf = (answer: { errors?: { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code ?? null;

/** Somebody whose second factor is a phone. */
async function withPhone(name: string, number = newNumber()) {
  const subject = await auth.account(name);
  const tokens = await auth.login(name);
  const caller = await mfa.callerOf(tokens);
  expect(codeOf(await start(caller, number))).toBeNull();
  const { data } = await confirm(caller, mfa.textedCode(number));
  return { subject, tokens, caller, number, ...data.confirmSmsFactor };
}

it('SMS becomes a factor by the code that was texted, and signs in', async () => {
  const ada = await auth.account('ada', { locale: 'de' });
  const caller = await mfa.callerOf(await auth.login('ada'));
  const started = await start(caller, '+49 151 12345678');
  expect(started.data.startSmsFactor).toEqual({
    phoneNumber: '+49 ••• ••78',
    codeExpiresAt: expect.any(String),
  });
  expect(auth.texts.at(-1)).toMatchObject({
    to: '+4915112345678',
    locale: 'de',
    template: 'SIGN_IN_CODE',
    parameters: { host: 'localhost' },
  });
  expect(codeOf(await confirm(caller, 'wrong'))).toBe('INVALID_CODE');
  const { data } = await confirm(caller, mfa.textedCode('+4915112345678'));
  expect(data.confirmSmsFactor).toMatchObject({
    factor: { method: 'SMS', phoneNumber: '+49 ••• ••78' },
    backupCodes: expect.any(Array),
  });
  expect(codeOf(await start(caller, '+4915112345678'))).toBe('CONFLICT');

  const { challengeId, methods } = await mfa.challenge('ada');
  expect(methods).toEqual(['SMS', 'BACKUP_CODE']);
  const sent = await send(anonymous(), { challengeId });
  expect(sent.data.sendMfaCode.phoneNumber).toBe('+49 ••• ••78');
  const code = mfa.textedCode('+4915112345678') ?? '';
  // A code counts for the way it was sent alone.
  expect(await mfa.verifyRefusal(challengeId, code, 'EMAIL')).toBe('INVALID_CODE');
  const { verifyMfa } = (await mfa.verify(challengeId, code, 'SMS')).data;
  expect(await auth.principal(verifyMfa.accessToken)).toMatchObject({ amr: ['pwd', 'sms', 'mfa'] });
  expect(await mfa.verifyRefusal(challengeId, code, 'SMS')).toBe('INVALID_CODE');

  const mail = await until(() => auth.mails.find(({ template }) => template === 'SECOND_FACTOR_ADDED'));
  expect(mail).toMatchObject({ to: ada.email, parameters: { method: 'sms' } });
});

it('it steps up, and is removed like any other', async () => {
  const { caller, number, factor, subject } = await withPhone('grace');
  expect(codeOf(await send(caller, {}))).toBeNull();
  const input = { method: 'SMS', code: mfa.textedCode(number) };
  const stepUp = () => mfa.run(caller, 'stepUp', '{ session { amr } }', input);
  expect((await stepUp()).data.stepUp.session.amr).toEqual(['pwd', 'sms', 'mfa']);
  expect(codeOf(await stepUp())).toBe('INVALID_CODE');
  expect(codeOf(await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId: factor.id }))).toBeNull();
  const mail = await until(() =>
    auth.mails.find(({ to, template }) => to === subject.email && template === 'SECOND_FACTOR_REMOVED'),
  );
  expect(mail.parameters).toMatchObject({ method: 'sms' });
});

it('a number that was never confirmed is no factor', async () => {
  await auth.account('slow');
  const caller = await mfa.callerOf(await auth.login('slow'));
  const number = newNumber();
  await start(caller, number);
  await auth.login('slow');
  expect(codeOf(await send(caller, {}))).toBe('CONFLICT');
  // Another number in its place: the first one's code is void.
  const first = mfa.textedCode(number);
  const second = newNumber();
  await start(caller, second);
  if (first !== mfa.textedCode(second)) expect(codeOf(await confirm(caller, first))).toBe('INVALID_CODE');
  const { data } = await confirm(caller, mfa.textedCode(second));
  expect(data.confirmSmsFactor.factor.phoneNumber).toBe(`+49 ••• ••${second.slice(-2)}`);
});

it('a code is nothing in another account, even with the same number', async () => {
  const { challenge, number } = { ...(await withPhone('owner')), challenge: () => mfa.challenge('owner') };
  await withPhone('mallory', number);
  const own = await mfa.challenge('mallory');
  const theirs = await challenge();
  await send(anonymous(), { challengeId: own.challengeId });
  const code = mfa.textedCode(number) ?? '';
  expect(await mfa.verifyRefusal(theirs.challengeId, code, 'SMS')).toBe('INVALID_CODE');
  expect(await mfa.verifyRefusal(own.challengeId, code, 'SMS')).toBeNull();
});

it('only mobile numbers of the countries of the configuration are texted', async () => {
  await auth.account('alan');
  const caller = await mfa.callerOf(await auth.login('alan'));
  const before = auth.texts.length;
  for (const phoneNumber of ['', '0151 12345678', '+4930123456', '+19005550123', 'x'.repeat(50)]) {
    const { code, fields } = (await start(caller, phoneNumber)).errors?.[0]?.extensions ?? {};
    expect([code, fields?.[0]?.path], phoneNumber).toEqual(['BAD_USER_INPUT', 'phoneNumber']);
  }
  // +1 876 is Jamaica, and dear.
  for (const phoneNumber of ['+18765551234', '+33612345678', '+882161234567']) {
    expect(codeOf(await start(caller, phoneNumber)), phoneNumber).toBe('FORBIDDEN');
  }
  expect(auth.texts).toHaveLength(before);
  expect(codeOf(await start(caller, '+12025550123'))).toBeNull();
});

it('keeps no code in the clear, and shows the number to nobody whole', async () => {
  const { caller, number } = await withPhone('clear');
  await send(caller, {});
  const code = mfa.textedCode(number) ?? '';
  const { pool } = auth.deps.database;
  const textOf = async (names: string[]) => {
    const answers = await Promise.all(names.map((name) => pool.query(`select t::text from auth.${name} t`)));
    return JSON.stringify(answers.flatMap(({ rows }) => rows));
  };
  expect(await textOf(['mfa_factor', 'mfa_challenge'])).not.toContain(`,${code},`);
  expect(await textOf(['security_event', 'outbox', 'audit_entry'])).not.toContain(number.slice(3));
  const { rows } = await pool.query("select key from platform.key_value where key like 'sms:%'");
  expect(JSON.stringify(rows)).not.toContain(number.slice(3));
  const { data } = await auth.ask(caller, '{ mfa { factors { phoneNumber } } }');
  expect(data.mfa.factors).toEqual([{ phoneNumber: `+49 ••• ••${number.slice(-2)}` }]);
});
