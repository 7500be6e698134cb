import { afterEach, expect, it } from 'vitest';
import type { AuthConfig } from '../src/index.ts';
import { anonymous, startAuth, type TestAuth } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
afterEach(() => auth.stop());

async function startWith(config: Partial<AuthConfig>) {
  auth = await startAuth({ smsPerAccount: 100, smsPerNumber: 100, smsPerNetwork: 100, ...config });
  mfa = mfaOf(auth);
}

const from = (ipAddress: string, principal: ReturnType<typeof anonymous>['principal'] = null) => ({
  ...anonymous('localhost:4000', ipAddress),
  principal,
});
let numbers = 0;
const newNumber = () => `+49151${String(30_000_000 + numbers++)}`;

/** Somebody signed in; every question from another network. */
async function person(name: string) {
  await auth.account(name);
  const { principal } = await mfa.callerOf(await auth.login(name));
  let asked = 0;
  return {
    start: async (phoneNumber: string, ipAddress = `198.51.100.${++asked}`) =>
      (await mfa.run(from(ipAddress, principal), 'startSmsFactor', '{ phoneNumber }', { phoneNumber }))
        .errors?.[0],
    confirm: (number: string) =>
      mfa.run(from('192.0.2.9', principal), 'confirmSmsFactor', '{ factor { id } }', {
        code: mfa.textedCode(number),
      }),
    send: async () =>
      (
        await mfa.run(from(`198.51.101.${++asked}`, principal), 'sendMfaCode', '{ phoneNumber }', {
          method: 'SMS',
        })
      ).errors?.[0],
  };
}

const refusal = {
  message: 'Too many SMS were asked for.',
  extensions: { code: 'RATE_LIMITED', retryAfter: 3_600 },
};

it('many numbers of one account, from anywhere', async () => {
  await startWith({ smsPerAccount: 3 });
  const mallory = await person('mallory');
  for (let n = 0; n < 3; n++) expect(await mallory.start(newNumber())).toBeUndefined();
  expect(await mallory.start(newNumber())).toMatchObject(refusal);
  expect(auth.texts).toHaveLength(3);
  const other = await person('other');
  expect(await other.start(newNumber())).toBeUndefined();
});

it('many accounts with one number: the last one hears what any other limit says', async () => {
  await startWith({ smsPerNumber: 2 });
  const number = newNumber();
  const answers = [];
  for (const name of ['a', 'b', 'c']) answers.push(await (await person(name)).start(number));
  expect(answers).toEqual([undefined, undefined, expect.objectContaining(refusal)]);
  expect(auth.texts).toHaveLength(2);
});

it('one network, an IPv6 /64 counted as one; and a tenant in a day', async () => {
  await startWith({ smsPerNetwork: 2, smsPerTenant: 3 });
  const ada = await person('ada');
  expect(await ada.start(newNumber(), '2001:db8::1')).toBeUndefined();
  expect(await ada.start(newNumber(), '2001:db8::2')).toBeUndefined();
  expect(await ada.start(newNumber(), '2001:db8::3')).toMatchObject(refusal);
  expect(await ada.start(newNumber(), '203.0.113.1')).toBeUndefined();
  expect(await ada.start(newNumber(), '203.0.113.2')).toMatchObject(refusal);
});

it('who pumps new numbers takes nothing from those who sign in with theirs', async () => {
  await startWith({ smsPerTenant: 2, smsPerNumber: 2 });
  const victim = await person('victim');
  const number = newNumber();
  await victim.start(number);
  await victim.confirm(number);
  const mallory = await person('mallory');
  expect(await mallory.start(number)).toBeUndefined();
  expect(await mallory.start(number)).toMatchObject(refusal);
  expect(await mallory.start(newNumber())).toMatchObject(refusal);
  expect(await victim.send()).toBeUndefined();
});

it('codes for one number of many accounts end, too', async () => {
  await startWith({ smsPerNumber: 2 });
  const number = newNumber();
  const people = [await person('a'), await person('b')];
  for (const one of people) {
    await one.start(number);
    await one.confirm(number);
  }
  const sent = [await people[0]?.send(), await people[1]?.send(), await people[0]?.send()];
  expect(sent).toEqual([undefined, undefined, expect.objectContaining(refusal)]);
});

it('in production no country is texted before somebody has said which', async () => {
  await startWith({ smsCountries: [] });
  const ada = await person('ada');
  expect((await ada.start(newNumber()))?.extensions.code).toBe('FORBIDDEN');
});
