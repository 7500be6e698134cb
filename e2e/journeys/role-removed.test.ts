import { expect, test } from 'vitest';
import { administrator, eventually, memberWith } from '../gatehouse.ts';

test('a role given or removed counts for tokens already issued, within a second', async () => {
  const member = await memberWith();
  const admin = await administrator();
  const input = { userId: member.id, role: 'admin' };
  const listing = () => member.client.refusal('{ users(first: 1) { nodes { id } } }');
  expect(await listing()).toBe('FORBIDDEN');

  await admin.client.ask(
    'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
    { input },
  );
  await eventually(async () => expect(await listing()).toBeNull());
  expect(await member.client.ask('{ session { roles } me { roles { name } } }')).toMatchObject({
    session: { roles: expect.arrayContaining(['admin', 'user']) },
  });

  await admin.client.ask(
    'mutation ($input: RemoveRoleInput!) { removeRole(input: $input) { user { id } } }',
    { input },
  );
  await eventually(async () => expect(await listing()).toBe('FORBIDDEN'));
  expect(await member.client.ask('{ session { roles } }')).toEqual({ session: { roles: ['user'] } });
});

test('nobody gives a role that allows more than they may do themselves', async () => {
  const admin = await memberWith(['admin']);
  const member = await memberWith();
  expect(
    await admin.client.refusal(
      'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
      { input: { userId: member.id, role: 'super-admin' } },
    ),
  ).toBe('FORBIDDEN');
  const { client, id } = await administrator();
  expect(
    await admin.client.refusal(
      'mutation ($input: DisableUserInput!) { disableUser(input: $input) { user { id } } }',
      { input: { userId: id } },
    ),
  ).toBe('FORBIDDEN');
  expect(await client.ask('{ me { status } }')).toEqual({ me: { status: 'ACTIVE' } });
});
