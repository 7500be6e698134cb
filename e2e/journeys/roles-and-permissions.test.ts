import { randomText } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, eventually, memberWith } from '../gatehouse.ts';

test('roles and permissions are made, inherited, changed and deleted, and count at once', async () => {
  const { client } = await administrator();
  const [word, base, derived] = [randomText(), `base-${randomText()}`, `derived-${randomText()}`];
  const permission = `beds:assign-${word}`;
  await client.ask(
    'mutation ($input: CreatePermissionInput!) { createPermission(input: $input) { permission { id } } }',
    { input: { name: permission, description: 'Give a bed to a patient' } },
  );
  await eventually(() => client.ask(createRole, { input: { name: base, permissions: [permission] } }));
  const { createRole: created } = await client.ask<{ createRole: { role: unknown } }>(createRole, {
    input: { name: derived, inherits: [base], permissions: ['users:read'], description: 'Ward clerk' },
  });
  expect(created.role).toEqual({
    name: derived,
    description: 'Ward clerk',
    system: false,
    permissions: [{ name: 'users:read' }],
    inherits: [{ name: base }],
  });

  const clerk = await memberWith([derived]);
  const permissions = async () =>
    (await clerk.client.ask<{ session: { permissions: string[] } }>('{ session { permissions } }')).session
      .permissions;
  expect((await permissions()).toSorted()).toEqual([permission, 'users:read'].toSorted());
  expect(await clerk.client.refusal('{ users(first: 1) { nodes { id } } }')).toBeNull();

  await client.ask(updateRole, { input: { name: derived, permissions: [] } });
  await eventually(async () => expect(await permissions()).toEqual([permission]));
  expect(await clerk.client.refusal('{ users(first: 1) { nodes { id } } }')).toBe('FORBIDDEN');

  await client.ask('mutation ($input: DeletePermissionInput!) { deletePermission(input: $input) { name } }', {
    input: { name: permission },
  });
  await eventually(async () => expect(await permissions()).toEqual([]));
  expect(await client.refusal(deleteRole, { input: { name: derived } })).toBe('CONFLICT');
  await client.ask('mutation ($input: RemoveRoleInput!) { removeRole(input: $input) { user { id } } }', {
    input: { userId: clerk.id, role: derived },
  });
  await client.ask(deleteRole, { input: { name: derived } });
  await client.ask(deleteRole, { input: { name: base } });
  expect(await client.ask('query ($name: String!) { role(name: $name) { id } }', { name: base })).toEqual({
    role: null,
  });
});

test('what the product seeds stays, and names are unique', async () => {
  const { client } = await administrator();
  for (const name of ['super-admin', 'admin', 'user', 'self-registration']) {
    expect(await client.refusal(deleteRole, { input: { name } })).toBe('CONFLICT');
    expect(await client.refusal(updateRole, { input: { name, newName: `ward-${randomText()}` } })).toBe(
      'CONFLICT',
    );
  }
  expect(await client.refusal(createRole, { input: { name: 'admin' } })).toMatch(/CONFLICT|BAD_USER_INPUT/);
  expect(
    await client.refusal(createRole, { input: { name: `ward-${randomText()}`, permissions: ['no:such'] } }),
  ).toMatch(/BAD_USER_INPUT|NOT_FOUND/);
  const { permissions } = await client.ask<{ permissions: { name: string }[] }>('{ permissions { name } }');
  expect(permissions.map(({ name }) => name)).toEqual(expect.arrayContaining(['users:read', 'roles:assign']));
});

test('roles never inherit from themselves, however far around', async () => {
  const { client } = await administrator();
  const [first, second] = [`first-${randomText()}`, `second-${randomText()}`];
  await client.ask(createRole, { input: { name: first } });
  await client.ask(createRole, { input: { name: second, inherits: [first] } });
  for (const inherits of [[first], [second]]) {
    expect(await client.refusal(updateRole, { input: { name: first, inherits } })).toMatch(
      /CONFLICT|BAD_USER_INPUT/,
    );
  }
});

test('an administrator who may not write roles does not', async () => {
  const admin = await memberWith(['admin']);
  expect(await admin.client.refusal(createRole, { input: { name: `ward-${randomText()}` } })).toBe(
    'FORBIDDEN',
  );
});

const createRole = `mutation ($input: CreateRoleInput!) {
  createRole(input: $input) { role { name description system permissions { name } inherits { name } } }
}`;
const updateRole = 'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { name } } }';
const deleteRole = 'mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { name } }';
