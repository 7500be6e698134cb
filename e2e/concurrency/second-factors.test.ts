import { Authenticator } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, gatehouse, mailbox, registerAndConfirm } from '../gatehouse.ts';
import {
  addAuthenticator,
  addPhone,
  challengeOf,
  confirmPhoneNumber,
  newPhoneNumber,
  sendMfaCode,
  startPhoneNumber,
  stepUp,
  verifyRefusal,
} from '../mfa.ts';
import { newBrowser, newClient, newRequest } from '../oauth.ts';
import { addPasskey, signInOptions, signInWithPasskey } from '../passkeys.ts';

const times = 50;
const winners = (outcomes: (string | null)[]) => outcomes.filter((outcome) => outcome === null).length;

/** As many challenges of one account as there are attempts: only the code is shared. */
const challengesOf = (account: { email: string; password: string }) =>
  Promise.all(Array.from({ length: times }, () => challengeOf(anyone, account)));

test('50 uses of one backup code, each at a challenge of its own: one signs in', async () => {
  const ada = await registerAndConfirm();
  const { backupCodes } = await addAuthenticator(ada);
  const challenges = await challengesOf(ada);
  const outcomes = await Promise.all(
    challenges.map(({ challengeId }) =>
      verifyRefusal(anyone, challengeId, backupCodes[0] ?? '', 'BACKUP_CODE'),
    ),
  );
  expect(winners(outcomes)).toBe(1);
  const { mfa } = await ada.client.ask<{ mfa: { backupCodesLeft: number } }>('{ mfa { backupCodesLeft } }');
  expect(mfa.backupCodesLeft).toBe(9);
});

test('50 uses of one code of an app, at challenges and for step-ups: one is good', async () => {
  const ada = await registerAndConfirm();
  const { app } = await addAuthenticator(ada);
  const challenges = await challengesOf(ada);
  const code = await app.next();
  const outcomes = await Promise.all(
    challenges.map(({ challengeId }, index) =>
      index % 5 === 0
        ? ada.client.refusal(stepUp, { input: { method: 'TOTP', code } })
        : verifyRefusal(anyone, challengeId, code),
    ),
  );
  expect(winners(outcomes)).toBe(1);
});

test('50 right codes at one challenge: one session', async () => {
  const ada = await registerAndConfirm();
  const { app, backupCodes } = await addAuthenticator(ada);
  const { challengeId } = await challengeOf(anyone, ada);
  const code = await app.next();
  const outcomes = await Promise.all(
    Array.from({ length: times }, (_, index) =>
      index % 2 === 0
        ? verifyRefusal(anyone, challengeId, code)
        : verifyRefusal(anyone, challengeId, backupCodes[index % 10] ?? '', 'BACKUP_CODE'),
    ),
  );
  expect(winners(outcomes)).toBe(1);
  const { me } = await ada.client.ask<{ me: { sessions: { nodes: unknown[] } } }>(
    '{ me { sessions(first: 20) { nodes { id } } } }',
  );
  expect(me.sessions.nodes).toHaveLength(2);
});

test('50 confirmations of one new app: it is added once, with one set of backup codes', async () => {
  const ada = await registerAndConfirm();
  const { startTotp } = await ada.client.ask<{ startTotp: { secret: string } }>(
    'mutation { startTotp { secret } }',
  );
  const code = await new Authenticator(startTotp.secret).next();
  const outcomes = await Promise.all(
    Array.from({ length: times }, () =>
      ada.client.refusal(
        'mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) { backupCodes } }',
        {
          input: { code },
        },
      ),
    ),
  );
  expect(winners(outcomes)).toBe(1);
  expect(await ada.client.ask('{ mfa { factors { method } backupCodesLeft } }')).toEqual({
    mfa: { factors: [{ method: 'TOTP' }], backupCodesLeft: 10 },
  });
});

test('50 right codes at one interaction of the pages: one session', async () => {
  const ada = await registerAndConfirm();
  const { app, backupCodes } = await addAuthenticator(ada);
  const browser = newBrowser();
  const login = await browser.open((await newRequest(await newClient())).url);
  const page = await browser.submit(login, { identifier: ada.email, password: ada.password }, '/login');
  const path = new URL(page.url).pathname;
  const code = await app.next();
  const statuses = await Promise.all(
    Array.from({ length: times }, async (_, index) => {
      const answer =
        index % 2 === 0 ? { method: 'TOTP', code } : { method: 'BACKUP_CODE', code: backupCodes[index % 10] };
      const { status } = await browser.request(`${path}/verify-mfa`, {
        method: 'POST',
        body: JSON.stringify(answer),
        headers: { 'content-type': 'application/json', origin: gatehouse.url },
      });
      return status;
    }),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => ![200, 401, 409].includes(status))).toEqual([]);
  const { me } = await ada.client.ask<{ me: { sessions: { nodes: unknown[] } } }>(
    '{ me { sessions(first: 20) { nodes { id } } } }',
  );
  expect(me.sessions.nodes).toHaveLength(2);
});

test('50 uses of one challenge for a passkey: one signs in', async () => {
  const ada = await registerAndConfirm();
  const { device } = await addPasskey(ada);
  const { challengeId, options } = await signInOptions(anyone);
  const answers = Array.from({ length: times }, () => device.get(options));
  const outcomes = await Promise.all(
    answers.map((passkey) => anyone.refusal(signInWithPasskey, { input: { challengeId, passkey } })),
  );
  expect(winners(outcomes)).toBe(1);
  expect(new Set(outcomes)).toEqual(new Set([null, 'INVALID_CODE']));
});

test('50 sign-ins with the same count of a passkey, each with a challenge of its own: one is good', async () => {
  const ada = await registerAndConfirm();
  const { device } = await addPasskey(ada);
  const started = await Promise.all(Array.from({ length: times }, () => signInOptions(anyone)));
  const outcomes = await Promise.all(
    started.map(({ challengeId, options }) =>
      anyone.refusal(signInWithPasskey, {
        input: { challengeId, passkey: device.get(options, { counter: 9 }) },
      }),
    ),
  );
  expect(winners(outcomes)).toBe(1);
});

test('50 uses of one texted code at its challenge: one session', async () => {
  const ada = await registerAndConfirm();
  const { number } = await addPhone(ada);
  const { challengeId } = await challengeOf(anyone, ada);
  await anyone.ask(sendMfaCode, { input: { challengeId, method: 'SMS' } });
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => verifyRefusal(anyone, challengeId, code, 'SMS')),
  );
  expect(winners(outcomes)).toBe(1);
});

test('50 step-ups with one texted code: one is good', async () => {
  const ada = await registerAndConfirm();
  const { number } = await addPhone(ada);
  await ada.client.ask(sendMfaCode, { input: { method: 'SMS' } });
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => ada.client.refusal(stepUp, { input: { method: 'SMS', code } })),
  );
  expect(winners(outcomes)).toBe(1);
});

test('50 confirmations of one phone: it is added once, with one set of backup codes', async () => {
  const ada = await registerAndConfirm();
  const number = newPhoneNumber();
  await ada.client.ask(
    'mutation ($input: StartSmsFactorInput!) { startSmsFactor(input: $input) { phoneNumber } }',
    { input: { phoneNumber: number } },
  );
  const input = { code: await mailbox.waitForTextedCode({ to: number }) };
  const confirm =
    'mutation ($input: ConfirmSmsFactorInput!) { confirmSmsFactor(input: $input) { backupCodes } }';
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => ada.client.refusal(confirm, { input })),
  );
  expect(winners(outcomes)).toBe(1);
  expect(await ada.client.ask('{ mfa { factors { method } backupCodesLeft } }')).toEqual({
    mfa: { factors: [{ method: 'SMS' }], backupCodesLeft: 10 },
  });
});

test('50 confirmations of one number: one is good', async () => {
  const ada = await registerAndConfirm();
  const phoneNumber = newPhoneNumber();
  await ada.client.ask(startPhoneNumber, { input: { phoneNumber } });
  const input = { code: await mailbox.waitForTextedCode({ to: phoneNumber }) };
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => ada.client.refusal(confirmPhoneNumber, { input })),
  );
  expect(winners(outcomes)).toBe(1);
});
