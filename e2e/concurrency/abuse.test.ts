import { newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, mailbox, registerAndConfirm, testOf } from '../gatehouse.ts';
import { challengeOf, verifyRefusal } from '../mfa.ts';

const times = 50;

testOf('blockedAddresses')('a code that the risk of a sign-in asked for signs in once', async () => {
  const ada = await registerAndConfirm();
  const abroad = anyone.at('127.21.4.1');
  const { challengeId } = await challengeOf(abroad, ada);
  await abroad.ask('mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt } }', {
    input: { challengeId },
  });
  const { text } = await mailbox.waitForMail({ to: ada.email, subject: /your code/i });
  const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? '';
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => verifyRefusal(abroad, challengeId, code, 'EMAIL')),
  );
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'INVALID_CODE')).toHaveLength(times - 1);
});

test('guesses that come at once lock an account once, and for as short as the first time', async () => {
  const ada = await registerAndConfirm();
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  await Promise.all(
    Array.from({ length: times }, () =>
      anyone.refusal(login, { input: { identifier: ada.email, password: newPassword() } }),
    ),
  );
  const { client } = await administrator();
  const { user, securityEvents } = await client.ask<{
    user: { lockedUntil: string };
    securityEvents: { nodes: { type: string }[] };
  }>(
    `query ($id: ID!) {
       user(id: $id) { lockedUntil }
       securityEvents(first: 100, filter: { userId: $id, types: [ACCOUNT_LOCKED] }) { nodes { type } }
     }`,
    { id: ada.id },
  );
  expect(securityEvents.nodes).toHaveLength(1);
  expect(Date.parse(user.lockedUntil) - Date.now()).toBeLessThanOrEqual(900_000);
});
