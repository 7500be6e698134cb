import { describe, expect, test } from 'vitest';
import { administrator, anyone, eventually, memberWith, signIn, testOf } from '../gatehouse.ts';
import { openStream } from '../open-stream.ts';

describe.each([
  ['disableUser', 'DisableUserInput', 'DISABLED'],
  ['deactivateUser', 'DeactivateUserInput', 'DEACTIVATED'],
  ['deleteUser', 'DeleteUserInput', 'DELETED'],
] as const)('%s', (mutation, input, status) => {
  testOf('endOfStreams')('ends sessions and live streams at once, and lets nobody in', async () => {
    const member = await memberWith();
    const admin = await administrator();
    const stream = await openStream(member);
    const answer = await admin.client.ask(
      `mutation ($input: ${input}!) { ${mutation}(input: $input) { user { status statusReason } } }`,
      { input: { userId: member.id, reason: 'left the company' } },
    );
    expect(answer).toEqual({ [mutation]: { user: { status, statusReason: 'left the company' } } });
    expect(await stream.ended()).toBe('SESSION_REVOKED');
    await eventually(async () =>
      expect(await member.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    );
    expect(
      await anyone.refusal(
        'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }',
        { input: { refreshToken: member.tokens.refreshToken } },
      ),
    ).toBe('INVALID_GRANT');
    await expect(signIn(member)).rejects.toThrow('INVALID_CREDENTIALS');
  });
});

test('an enabled user signs in again; the old tokens stay dead', async () => {
  const member = await memberWith();
  const admin = await administrator();
  await admin.client.ask(
    'mutation ($input: DisableUserInput!) { disableUser(input: $input) { user { id } } }',
    { input: { userId: member.id } },
  );
  expect(
    await admin.client.refusal(
      'mutation ($input: ActivateUserInput!) { activateUser(input: $input) { user { id } } }',
      { input: { userId: member.id } },
    ),
  ).toBe('CONFLICT');
  await admin.client.ask(
    'mutation ($input: EnableUserInput!) { enableUser(input: $input) { user { status } } }',
    { input: { userId: member.id } },
  );
  await signIn(member);
  expect(await member.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
});

test('a deleted user’s address is free, and the user comes back while it is', async () => {
  const member = await memberWith();
  const admin = await administrator();
  const erased = await admin.client.ask<{ deleteUser: { erasedAt: string } }>(
    'mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { erasedAt } }',
    { input: { userId: member.id, retentionDays: 10 } },
  );
  const days = (Date.parse(erased.deleteUser.erasedAt) - Date.now()) / 86_400_000;
  expect(days).toBeCloseTo(10, 1);
  expect(
    await admin.client.ask(
      'mutation ($input: RestoreUserInput!) { restoreUser(input: $input) { user { status email } } }',
      { input: { userId: member.id } },
    ),
  ).toEqual({ restoreUser: { user: { status: 'DISABLED', email: member.email } } });
});
