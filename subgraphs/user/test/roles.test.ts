import { type Caller, permissionNames } from '@gatehouse/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellRoleChange } from '../src/role-definition.ts';
import { codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

describe('roles and permissions', () => {
  let user: TestUser;
  let root: Caller;
  let admin: Caller;
  beforeAll(async () => {
    user = await startUser();
    const person = await user.person('root', { roles: ['super-admin'] });
    root = await user.signedIn(person);
    admin = await user.signedIn(await user.person('admin', { roles: ['admin'] }));
  });
  afterAll(() => user.stop());

  const change = (field: string, input: Record<string, unknown>, caller = root, selection = '__typename') => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    return user.ask(caller, `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`, {
      input,
    });
  };
  const permissionsOf = async (id: string) =>
    (await user.ask(root, 'query ($id: ID!) { user(id: $id) { permissions } }', { id })).data.user
      .permissions;

  it('every tenant starts with the seeded roles', async () => {
    const { data } = await user.ask(root, '{ roles { nodes { name system } } permissions { name system } }');
    expect(data.roles.nodes).toEqual(
      ['admin', 'self-registration', 'super-admin', 'user'].map((name) => ({ name, system: true })),
    );
    expect(data.permissions).toHaveLength(permissionNames.length);
  });

  it('assigning and removing reaches tokens and is told once', async () => {
    const person = await user.person('member');
    const before = (await user.events()).length;
    const selection = 'user { roles { name } }';
    const input = { userId: person.id, role: 'admin' };
    const assigned = await change('assignRole', input, root, selection);
    expect(assigned.data.assignRole.user.roles).toEqual([{ name: 'admin' }, { name: 'user' }]);
    await change('assignRole', input);
    await change('removeRole', input);
    const removed = await change('removeRole', input, root, selection);
    expect(removed.data.removeRole.user.roles).toEqual([{ name: 'user' }]);
    const told = (await user.events()).slice(before);
    expect(told.map(({ type }) => type)).toEqual(['user.roles_changed', 'user.roles_changed']);
    expect(told[0]?.data).toMatchObject({ added: ['admin'], removed: [] });
    await expect
      .poll(() => user.revocations.filter(({ userId }) => userId === person.id))
      .toEqual(Array(2).fill({ userId: person.id, ended: false }));
  });

  it('each mutation of one request answers what it left', async () => {
    const person = await user.person('twice');
    const { data } = await user.ask(
      root,
      `mutation ($id: ID!) {
        first: assignRole(input: { userId: $id, role: "admin" }) { user { roles { name } } }
        second: removeRole(input: { userId: $id, role: "admin" }) { user { roles { name } } }
      }`,
      { id: person.id },
    );
    expect(data.first.user.roles).toEqual([{ name: 'admin' }, { name: 'user' }]);
    expect(data.second.user.roles).toEqual([{ name: 'user' }]);
  });

  it('nobody gives what they do not hold, nor touches those above', async () => {
    const person = await user.person('ambitious');
    const boss = await user.person('boss', { roles: ['super-admin'] });
    expect(codesOf(await change('assignRole', { userId: person.id, role: 'super-admin' }, admin))).toEqual([
      'FORBIDDEN',
    ]);
    expect(codesOf(await change('removeRole', { userId: boss.id, role: 'super-admin' }, admin))).toEqual([
      'FORBIDDEN',
    ]);
    expect(codesOf(await change('assignRole', { userId: boss.id, role: 'user' }, admin))).toEqual([
      'FORBIDDEN',
    ]);
    const plain = await user.signedIn(person);
    expect(codesOf(await change('assignRole', { userId: person.id, role: 'admin' }, plain))).toEqual([
      'FORBIDDEN',
    ]);
  });

  it('a role of the tenant is made, inherited, changed and deleted', async () => {
    expect(
      (await change('createPermission', { name: 'invoices:read', description: 'See invoices' })).errors,
    ).toBeUndefined();
    expect(codesOf(await change('createPermission', { name: 'invoices:read' }))).toEqual(['CONFLICT']);
    const stale = await change('createRole', { name: 'clerk', permissions: ['invoices:read'] });
    expect(codesOf(stale)).toEqual(['FORBIDDEN']);
    root = await user.signedIn({ id: root.principal?.kind === 'user' ? root.principal.userId : '' });

    const made = await change(
      'createRole',
      { name: 'clerk', permissions: ['invoices:read'], inherits: ['user'] },
      root,
      'role { system permissions { name } inherits { name } }',
    );
    expect(made.data.createRole.role).toEqual({
      system: false,
      permissions: [{ name: 'invoices:read' }],
      inherits: [{ name: 'user' }],
    });
    expect(codesOf(await change('createRole', { name: 'clerk' }))).toEqual(['CONFLICT']);
    await change('createRole', { name: 'chief-clerk', inherits: ['clerk'] });

    const person = await user.person('clerk', { roles: ['chief-clerk', 'user'] });
    expect(await permissionsOf(person.id)).toEqual([
      'documents:create',
      'invoices:read',
      'profile:read',
      'profile:write',
    ]);

    await change('updateRole', { name: 'clerk', newName: 'accountant', permissions: [], inherits: [] });
    expect(await permissionsOf(person.id)).toEqual(['documents:create', 'profile:read', 'profile:write']);
    await expect.poll(() => user.revocations).toContainEqual({ userId: person.id, ended: false });

    expect(codesOf(await change('deleteRole', { name: 'accountant' }))).toEqual(['CONFLICT']);
    expect(codesOf(await change('deleteRole', { name: 'chief-clerk' }))).toEqual(['CONFLICT']);
    await change('removeRole', { userId: person.id, role: 'chief-clerk' });
    expect((await change('deleteRole', { name: 'chief-clerk' })).errors).toBeUndefined();
    expect((await change('deleteRole', { name: 'accountant' })).errors).toBeUndefined();
    expect(codesOf(await change('deleteRole', { name: 'accountant' }))).toEqual(['NOT_FOUND']);
  });

  it('deleting a permission takes it from its holders', async () => {
    await change('createPermission', { name: 'reports:read' });
    root = await user.signedIn({ id: root.principal?.kind === 'user' ? root.principal.userId : '' });
    await change('createRole', { name: 'reporter', permissions: ['reports:read'] });
    const person = await user.person('reporter', { roles: ['reporter'] });
    expect(await permissionsOf(person.id)).toEqual(['reports:read']);
    expect((await change('deletePermission', { name: 'reports:read' })).errors).toBeUndefined();
    expect(await permissionsOf(person.id)).toEqual([]);
    await expect.poll(() => user.revocations).toContainEqual({ userId: person.id, ended: false });
  });

  it('inheritance never goes round, not even in a race', async () => {
    for (const name of ['ring-a', 'ring-b', 'ring-c']) await change('createRole', { name });
    await change('updateRole', { name: 'ring-b', inherits: ['ring-a'] });
    for (const inherits of [['ring-a'], ['ring-b']]) {
      const answer = await change('updateRole', { name: 'ring-a', inherits });
      expect([codesOf(answer), fieldsOf(answer)]).toEqual([['BAD_USER_INPUT'], ['inherits']]);
    }
    const answers = await Promise.all([
      change('updateRole', { name: 'ring-a', inherits: ['ring-c'] }),
      change('updateRole', { name: 'ring-c', inherits: ['ring-b'] }),
    ]);
    expect(answers.flatMap(codesOf)).toEqual(['BAD_USER_INPUT']);
  });

  it('what the product needs stays', async () => {
    expect(codesOf(await change('deleteRole', { name: 'user' }))).toEqual(['CONFLICT']);
    expect(codesOf(await change('updateRole', { name: 'user', newName: 'member' }))).toEqual(['CONFLICT']);
    expect(codesOf(await change('updateRole', { name: 'user', permissions: [] }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(codesOf(await change('updateRole', { name: 'super-admin', permissions: ['users:read'] }))).toEqual(
      ['BAD_USER_INPUT'],
    );
    expect(codesOf(await change('deletePermission', { name: 'users:read' }))).toEqual(['CONFLICT']);
    expect(codesOf(await change('updatePermission', { name: 'users:read', description: 'x' }))).toEqual([
      'CONFLICT',
    ]);
  });

  it('refuses malformed names', async () => {
    for (const name of ['A', 'a', 'Über', 'a b', "a'; drop table roles", 'x'.repeat(64), 'a\0b']) {
      expect(codesOf(await change('createRole', { name })), name).toEqual(['BAD_USER_INPUT']);
    }
    for (const name of ['read', 'a:b:c', 'A:b', 'users:', ':read', 'users:<b>']) {
      expect(codesOf(await change('createPermission', { name })), name).toEqual(['BAD_USER_INPUT']);
    }
    expect(codesOf(await change('createRole', { name: 'ok-role', permissions: ['no:such'] }))).toEqual([
      'BAD_USER_INPUT',
    ]);
  });

  it('a change is announced even when the process fell over after its commit', async () => {
    await change('createRole', { name: 'crashed' });
    const person = await user.person('affected', { roles: ['crashed'] });
    const { data } = await user.ask(root, '{ role(name: "crashed") { id } }');
    await user.subgraph.start();
    await user.deps.database.transaction((tx) => tellRoleChange(tx, user.tenant.id, [data.role.id]));
    await expect
      .poll(() => user.revocations, { timeout: 10_000 })
      .toContainEqual({ userId: person.id, ended: false });
  });
});
