import type { UserPrincipal } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, startAuth, type TestAuth } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

type Caller = ReturnType<typeof as>;
const start = (caller: Caller, phoneNumber: string) =>
  mfa.run(caller, 'startPhoneNumber', '{ phoneNumber }', { phoneNumber });
const confirm = (caller: Caller, code: string | undefined) =>
  mfa.run(caller, 'confirmPhoneNumber', '{ phoneNumber }', { code });
const codeOf = (answer: { errors?: { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code ?? null;
const signedIn = async (name: string) => {
  const subject = await auth.account(name);
  return { subject, caller: await mfa.callerOf(await auth.login(name)) };
};
it('a number is confirmed by the code that was texted to it, once', async () => {
  const { subject, caller } = await signedIn('ada');
  const number = '+4915112340001';
  expect((await start(caller, '+49 1511 2340001')).data.startPhoneNumber).toEqual({
    phoneNumber: '+49 ••• ••01',
  });
  const code = mfa.textedCode(number);
  expect(codeOf(await confirm(caller, 'wrong'))).toBe('INVALID_CODE');
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => confirm(caller, code)));
  const right = outcomes.filter(({ errors }) => !errors);
  expect(right.map(({ data }) => data.confirmPhoneNumber)).toEqual([{ phoneNumber: number }]);
  const { rows } = await auth.deps.database.pool.query(
    "select action, result from auth.audit_entry where subject_id = $1 and action = 'confirmPhoneNumber' and result = 'SUCCESS'",
    [subject.userId],
  );
  expect(rows).toHaveLength(1);
});

it('its code makes no factor, and the code of a factor no profile', async () => {
  const { caller } = await signedIn('grace');
  const number = '+4915112340002';
  await start(caller, number);
  const code = mfa.textedCode(number);
  expect(codeOf(await mfa.run(caller, 'confirmSmsFactor', '{ factor { id } }', { code }))).toBe(
    'INVALID_CODE',
  );
  await mfa.run(caller, 'startSmsFactor', '{ phoneNumber }', { phoneNumber: number });
  const other = mfa.textedCode(number);
  if (other !== code) expect(codeOf(await confirm(caller, other))).toBe('INVALID_CODE');
  expect(codeOf(await confirm(caller, code))).toBeNull();
});

it('nobody confirms with another’s code, and another client not for a person', async () => {
  const { caller } = await signedIn('alan');
  const number = '+4915112340003';
  await start(caller, number);
  const code = mfa.textedCode(number);
  const { caller: mallory } = await signedIn('mallory');
  expect(codeOf(await confirm(mallory, code))).toBe('INVALID_CODE');
  const application = as({ ...(caller.principal as UserPrincipal), clientId: 'an-application' });
  expect(codeOf(await start(application, number))).toBe('FORBIDDEN');
  expect(codeOf(await confirm(application, code))).toBe('FORBIDDEN');
  const without = as({ ...(caller.principal as UserPrincipal), permissions: [] });
  expect(codeOf(await start(without, number))).toBe('FORBIDDEN');
  expect(codeOf(await confirm(caller, code))).toBeNull();
});
