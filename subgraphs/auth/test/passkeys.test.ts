import { PasskeyDevice, type Said } from '@gatehouse/testkit/clients';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanUp } from '../src/clean-up.ts';
import { credential } from '../src/tables/credential.ts';
import { passkeyChallenge } from '../src/tables/passkey-challenge.ts';
import { anonymous, as, startAuth, type TestAuth, type Tokens } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
});
afterAll(() => auth.stop());

/** A person with a passkey, signed in. */
async function withPasskey(name: string, said: Said = {}) {
  const subject = await auth.account(name);
  const caller = await mfa.callerOf(await auth.login(name));
  const device = new PasskeyDevice('http://localhost:4000');
  const { data } = await auth.ask(caller, 'mutation { startPasskey { options } }');
  const passkey = device.create(data.startPasskey.options, said);
  const added = await mfa.run(caller, 'confirmPasskey', '{ factor { id name backedUp } }', { passkey });
  return { subject, caller, device, factor: added.data.confirmPasskey.factor };
}

async function signIn(device: PasskeyDevice, said: Said = {}) {
  const { data } = await auth.ask(
    anonymous(),
    'mutation { startPasskeySignIn { challengeId options expiresAt } }',
  );
  const { challengeId, options, expiresAt } = data.startPasskeySignIn;
  const answer = await mfa.run(anonymous(), 'signInWithPasskey', '{ accessToken sessionId }', {
    challengeId,
    passkey: device.get(options, said),
  });
  const tokens = answer.data?.signInWithPasskey as Tokens | undefined;
  return { expiresAt, tokens, refusal: answer.errors?.[0]?.extensions.code ?? null };
}

it('tells a passkey that is copied between devices from one that is bound to its own', async () => {
  const synced = { synced: true };
  const { device, factor, caller } = await withPasskey('ada', synced);
  expect(factor).toMatchObject({ name: 'Passkey', backedUp: true });
  const { tokens } = await signIn(device, { ...synced, counter: 0 });
  expect(await auth.principal(tokens?.accessToken ?? '')).toMatchObject({ amr: ['swk', 'user', 'mfa'] });
  // It does not count, so nothing can go back.
  expect((await signIn(device, { ...synced, counter: 0 })).tokens).toBeTruthy();
  const { errors } = await auth.ask(caller, 'mutation { startPasskeyStepUp { options } }');
  expect(errors).toBeUndefined();
});

it('does not take away the only way in to an account', async () => {
  const { subject, caller, factor, device } = await withPasskey('grace');
  await auth.services.database.db.delete(credential).where(eq(credential.userId, subject.userId));
  expect(
    (await mfa.run(caller, 'removeFactor', '{ factorId }', { factorId: factor.id })).errors,
  ).toMatchObject([{ extensions: { code: 'CONFLICT' } }]);
  expect((await signIn(device)).tokens).toBeTruthy();
});

it('is refused to who may not sign in any more, and to who may have no second factor', async () => {
  const { subject, device, caller } = await withPasskey('bob');
  subject.status = 'DISABLED';
  expect((await signIn(device)).refusal).toBe('INVALID_CODE');
  subject.status = 'ACTIVE';
  expect((await signIn(device)).refusal).toBeNull();
  const admin = as({ ...(caller.principal as object), permissions: ['mfa-policies:write'] } as never);
  await mfa.run(admin, 'setMfaPolicy', '{ policy { requirement } }', { requirement: 'OFF' });
  expect(await auth.refusal(caller, 'mutation { startPasskey { options } }')).toBe('FORBIDDEN');
  expect((await signIn(device)).refusal).toBeNull();
  await mfa.run(admin, 'setMfaPolicy', '{ policy { requirement } }', {});
});

it('is asked for within five minutes', async () => {
  const { device } = await withPasskey('mary');
  const { expiresAt } = await signIn(device);
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(300_000);
  const { data } = await auth.ask(anonymous(), 'mutation { startPasskeySignIn { challengeId options } }');
  const { challengeId, options } = data.startPasskeySignIn;
  const { db } = auth.services.database;
  await db.update(passkeyChallenge).set({ expiresAt: new Date(Date.now() - 1) });
  const passkey = device.get(options);
  const late = await mfa.run(anonymous(), 'signInWithPasskey', '{ accessToken }', { challengeId, passkey });
  expect(late.errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  await cleanUp(auth.services);
  expect(await db.select().from(passkeyChallenge)).toEqual([]);
});

it('says how somebody signed in, to all who listen', async () => {
  const { device, subject } = await withPasskey('joan');
  await signIn(device);
  expect(await auth.securityEvents(subject.userId)).toEqual([
    'LOGIN_SUCCEEDED',
    'MFA_ENABLED',
    'LOGIN_SUCCEEDED',
  ]);
});
