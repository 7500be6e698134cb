import { newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, mailbox, registerAndConfirm, signIn } from '../gatehouse.ts';

test('five failed sign-ins lock the account until an administrator unlocks it', async () => {
  const ada = await registerAndConfirm();
  const admin = await administrator();
  for (let attempt = 0; attempt < 5; attempt++) {
    expect(await anyone.refusal(login, { input: { identifier: ada.email, password: newPassword() } })).toBe(
      'INVALID_CREDENTIALS',
    );
  }
  await expect(signIn(ada)).rejects.toThrow('INVALID_CREDENTIALS');
  await mailbox.waitForMail({ to: ada.email, subject: /lock/i });
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });

  const locked = await admin.client.ask<Locked>(lockedUntil, { id: ada.id });
  expect(Date.parse(locked.user.lockedUntil ?? '')).toBeGreaterThan(Date.now());
  expect(await ada.client.refusal(unlock, { input: { userId: ada.id } })).toBe('FORBIDDEN');

  expect(await admin.client.ask(unlock, { input: { userId: ada.id } })).toEqual({
    unlockUser: { user: { id: ada.id, lockedUntil: null } },
  });
  await signIn(ada);

  const { securityEvents } = await admin.client.ask<{ securityEvents: { nodes: { type: string }[] } }>(
    `query ($userId: ID!) { securityEvents(first: 20, filter: { userId: $userId }) { nodes { type } } }`,
    { userId: ada.id },
  );
  const types = securityEvents.nodes.map(({ type }) => type);
  expect(types.filter((type) => type === 'LOGIN_FAILED').length).toBeGreaterThanOrEqual(5);
  expect(types.filter((type) => type === 'ACCOUNT_LOCKED')).toHaveLength(1);
  expect(types.filter((type) => type === 'ACCOUNT_UNLOCKED')).toHaveLength(1);
});

test('a sign-in that succeeds forgets the failures before it', async () => {
  const ada = await registerAndConfirm();
  for (let round = 0; round < 2; round++) {
    for (let attempt = 0; attempt < 4; attempt++) {
      await anyone.refusal(login, { input: { identifier: ada.email, password: newPassword() } });
    }
    await signIn(ada);
  }
});

type Locked = { user: { lockedUntil: string | null } };

const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const lockedUntil = 'query ($id: ID!) { user(id: $id) { lockedUntil } }';
const unlock =
  'mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id lockedUntil } } }';
