import { newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, gatehouse, mailbox, otherTenant, registerAndConfirm } from '../gatehouse.ts';
import {
  addPhone,
  addPhoneNumber,
  challengeOf,
  newPhoneNumber,
  sendMfaCode,
  stepUp,
  verifyRefusal,
} from '../mfa.ts';

const startSmsFactor =
  'mutation ($input: StartSmsFactorInput!) { startSmsFactor(input: $input) { phoneNumber } }';
const confirmSmsFactor =
  'mutation ($input: ConfirmSmsFactorInput!) { confirmSmsFactor(input: $input) { factor { id } } }';

/** Another than the one. */
const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

test('guessing a texted code ends after five, over challenges and sessions', async () => {
  const victim = await registerAndConfirm();
  const { number } = await addPhone(victim);
  const challenges = await Promise.all(Array.from({ length: 3 }, () => challengeOf(anyone, victim)));
  const [first] = challenges;
  await anyone.ask(sendMfaCode, { input: { challengeId: first?.challengeId, method: 'SMS' } });
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  const outcomes = await Promise.all(
    challenges.flatMap(({ challengeId }) =>
      Array.from({ length: 5 }, () => verifyRefusal(anyone, challengeId, wrong(code), 'SMS')),
    ),
  );
  expect(new Set(outcomes)).toEqual(new Set(['INVALID_CODE']));
  expect(await verifyRefusal(anyone, first?.challengeId ?? '', code, 'SMS')).toBe('INVALID_CODE');
  expect(await victim.client.refusal(stepUp, { input: { method: 'SMS', code } })).toBe('INVALID_CODE');
});

test('one account asks for SMS to many numbers: ten in a day, and no more', async () => {
  const mallory = await registerAndConfirm();
  const ask = () => mallory.client.refusal(startSmsFactor, { input: { phoneNumber: newPhoneNumber() } });
  const outcomes = await Promise.all(Array.from({ length: 30 }, ask));
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(10);
  expect(new Set(outcomes)).toEqual(new Set([null, 'RATE_LIMITED']));
});

test('many accounts ask for SMS to one number: ten in a day, and nobody learns whose it is', async () => {
  const victim = await registerAndConfirm();
  const { number } = await addPhone(victim);
  const accounts = await Promise.all(Array.from({ length: 4 }, () => registerAndConfirm()));
  const ask = (client: typeof anyone, phoneNumber: string) =>
    client.graphql(startSmsFactor, { input: { phoneNumber } });
  const answers = [];
  for (const { client } of accounts) {
    for (let n = 0; n < 3; n++) answers.push(await ask(client, number));
  }
  const refused = answers.filter(({ errors }) => errors.length > 0);
  expect(refused).toHaveLength(3);
  // The same words as for too many of one's own.
  const [own] = accounts;
  let last = await ask(own?.client ?? anyone, newPhoneNumber());
  while (last.errors.length === 0) last = await ask(own?.client ?? anyone, newPhoneNumber());
  const told = ({ errors }: typeof last) =>
    errors.map(({ message, extensions }) => ({ message, extensions }));
  for (const answer of refused) expect(told(answer)).toEqual(told(last));
  // Whose phone it is goes on signing in.
  const { challengeId } = await challengeOf(anyone, victim);
  expect(await anyone.refusal(sendMfaCode, { input: { challengeId, method: 'SMS' } })).toBeNull();
});

test('a number that was never confirmed is no way in, nor is another account’s', async () => {
  const victim = await registerAndConfirm();
  const { number } = await addPhone(victim);
  const mallory = await registerAndConfirm();
  await mallory.client.ask(startSmsFactor, { input: { phoneNumber: number } });
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  // Not mallory's own yet, and never the victim's.
  expect(await mallory.client.refusal(sendMfaCode, { input: { method: 'SMS' } })).toBe('CONFLICT');
  const { challengeId } = await challengeOf(anyone, victim);
  expect(await verifyRefusal(anyone, challengeId, code, 'SMS')).toBe('INVALID_CODE');
  expect(await victim.client.refusal(confirmSmsFactor, { input: { code } })).toBe('INVALID_CODE');
  expect(await mallory.client.refusal(confirmSmsFactor, { input: { code } })).toBeNull();
  expect(await challengeOf(anyone, mallory)).toMatchObject({ methods: ['SMS', 'BACKUP_CODE'] });
});

test('a number in a profile is no factor, and nobody of another tenant sees it', async () => {
  const victim = await registerAndConfirm();
  const phoneNumber = await addPhoneNumber(victim);
  expect(await victim.client.refusal(sendMfaCode, { input: { method: 'SMS' } })).toBe('CONFLICT');
  const foreign = await otherTenant.administrator();
  const query = 'query ($id: ID!) { user(id: $id) { phoneNumber } }';
  expect(await foreign.client.ask(query, { id: victim.id })).toEqual({ user: null });
  const found = await foreign.client.graphql(
    'query ($text: String!) { users(filter: { text: $text }) { nodes { phoneNumber } } }',
    { text: phoneNumber },
  );
  expect(JSON.stringify(found.data)).not.toContain(phoneNumber);
});

test('a challenge of one tenant gets no SMS and takes no code at another', async () => {
  const victim = await registerAndConfirm();
  const { number } = await addPhone(victim);
  const { challengeId } = await challengeOf(anyone, victim);
  const send = { input: { challengeId, method: 'SMS' } };
  expect(await otherTenant.anyone.refusal(sendMfaCode, send)).toBe('INVALID_CODE');
  expect(await mailbox.mailsTo(number)).toHaveLength(1);
  await anyone.ask(sendMfaCode, send);
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  expect(await verifyRefusal(otherTenant.anyone, challengeId, code, 'SMS')).toBe('INVALID_CODE');
  expect(await verifyRefusal(anyone, challengeId, code, 'SMS')).toBeNull();
});

test('an old session can not swap the phone', async () => {
  const ada = await registerAndConfirm();
  const { factorId } = await addPhone(ada);
  const { challengeId } = await challengeOf(anyone, ada);
  await anyone.ask(sendMfaCode, { input: { challengeId, method: 'SMS' } });
  // The password alone gives nothing to add a phone with.
  expect(await anyone.refusal(startSmsFactor, { input: { phoneNumber: newPhoneNumber() } })).toBe(
    'UNAUTHENTICATED',
  );
  const mallory = await registerAndConfirm();
  const remove = 'mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }';
  expect(await mallory.client.refusal(remove, { input: { factorId } })).toBe('NOT_FOUND');
  expect(await mallory.client.refusal(stepUp, { input: { password: newPassword() } })).toBe(
    'INVALID_CREDENTIALS',
  );
});

test('where no provider reports, nobody does', async () => {
  const answer = await anyone.fetch(`${gatehouse.url}/sms/status/00000000-0000-7000-8000-000000000000`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'x' },
    body: 'MessageSid=SM1&MessageStatus=delivered',
  });
  expect(answer.status).toBe(404);
});
