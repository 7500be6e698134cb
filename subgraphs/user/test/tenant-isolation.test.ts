import type { Caller } from '@gatehouse/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserRow } from '../src/tables/index.ts';
import { anonymous, auth, codesOf, startUser, type TestUser } from './harness.ts';

describe('tenants and strangers', () => {
  let user: TestUser;
  let ours: UserRow;
  let plain: UserRow;
  let theirs: Caller;
  let root: Caller;
  let self: Caller;
  beforeAll(async () => {
    user = await startUser();
    ours = await user.person('ours', { roles: ['super-admin'] });
    plain = await user.person('plain', { roles: ['self-registration'] });
    const boss = await user.person('boss', { roles: ['super-admin'], tenant: user.otherTenant });
    await user.person('boss2', { roles: ['super-admin'], tenant: user.otherTenant });
    root = await user.signedIn(ours);
    theirs = await user.signedIn(boss);
    self = await user.signedIn(plain);
    await user.ask(
      root,
      'mutation { createPermission(input: { name: "secret:read" }) { permission { id } } }',
    );
    await user.ask(root, 'mutation { createRole(input: { name: "secret-role" }) { role { id } } }');
  });
  afterAll(() => user.stop());

  const references = (caller: Caller, representations: Record<string, unknown>[]) =>
    user.ask(
      caller,
      `query ($representations: [_Any!]!) { _entities(representations: $representations) {
        ... on User { id email } ... on Role { id name } ... on Permission { id name } ... on Tenant { id name }
      } }`,
      { representations },
    );

  it('an administrator of another tenant finds nothing', async () => {
    const { data } = await user.ask(
      theirs,
      `query ($id: ID!) {
        user(id: $id) { id } users { totalCount nodes { email } } role(name: "secret-role") { id }
        roles { nodes { name } } permissions { name }
      }`,
      { id: ours.id },
    );
    expect(data.user).toBeNull();
    expect(data.users.nodes.map(({ email }: { email: string }) => email).sort()).toEqual([
      'boss2@example.com',
      'boss@example.com',
    ]);
    expect(data.users.totalCount).toBe(2);
    expect(data.role).toBeNull();
    expect(JSON.stringify([data.roles, data.permissions])).not.toContain('secret');
  });

  it('an administrator of another tenant changes nothing', async () => {
    const before = await user.events();
    const fields = [
      'updateUser(input: { userId: $id, firstName: "Mallory" }) { user { id } }',
      'activateUser(input: { userId: $id }) { user { id } }',
      'deactivateUser(input: { userId: $id }) { user { id } }',
      'enableUser(input: { userId: $id }) { user { id } }',
      'disableUser(input: { userId: $id }) { user { id } }',
      'deleteUser(input: { userId: $id }) { user { id } }',
      'restoreUser(input: { userId: $id }) { user { id } }',
      'assignRole(input: { userId: $id, role: "user" }) { user { id } }',
      'removeRole(input: { userId: $id, role: "self-registration" }) { user { id } }',
    ];
    for (const field of fields) {
      const answer = await user.ask(theirs, `mutation ($id: ID!) { ${field} }`, { id: plain.id });
      expect(codesOf(answer), field).toEqual(['NOT_FOUND']);
    }
    for (const field of [
      'updateRole(input: { name: "secret-role", description: "x" }) { role { id } }',
      'deleteRole(input: { name: "secret-role" }) { name }',
      'updatePermission(input: { name: "secret:read", description: "x" }) { permission { id } }',
      'deletePermission(input: { name: "secret:read" }) { name }',
    ]) {
      expect(codesOf(await user.ask(theirs, `mutation { ${field} }`)), field).toEqual(['NOT_FOUND']);
    }
    expect(await user.events()).toEqual(before);
  });

  it('references reach across neither tenants nor people', async () => {
    const { data } = await user.ask(root, '{ role(name: "admin") { id permissions { id } } }');
    const all = [
      { __typename: 'User', id: ours.id },
      { __typename: 'User', id: plain.id },
      { __typename: 'Role', id: data.role.id },
      { __typename: 'Permission', id: data.role.permissions[0].id },
      { __typename: 'Tenant', id: user.tenant.id },
      { __typename: 'User', id: "' or 1=1" },
    ];
    const seen = async (caller: Caller) =>
      (await references(caller, all)).data._entities.map((entity: object | null) => entity !== null);
    expect(await seen(root)).toEqual([true, true, true, true, true, false]);
    expect(await seen(auth)).toEqual([true, true, true, true, true, false]);
    expect(await seen(self)).toEqual([false, true, false, false, true, false]);
    expect(await seen(theirs)).toEqual([false, false, false, false, false, false]);
    expect(await seen(anonymous())).toEqual([false, false, false, false, false, false]);
  });

  it('self-registered people see their own profile and nothing else', async () => {
    const { data } = await user.ask(
      self,
      '{ me { email displayName roles { name } permissions tenant { slug } } }',
    );
    expect(data.me).toEqual({
      email: 'plain@example.com',
      displayName: 'plain@example.com',
      roles: [{ name: 'self-registration' }],
      permissions: ['documents:create', 'profile:read', 'profile:write'],
      tenant: { slug: 'default' },
    });
    for (const field of [
      'users { totalCount }',
      'roles { nodes { id } }',
      'permissions { id }',
      'me { statusReason }',
    ]) {
      expect(codesOf(await user.ask(self, `{ ${field} }`)), field).toContain('FORBIDDEN');
    }
    expect(codesOf(await user.ask(anonymous(), '{ me { id } }'))).toEqual(['UNAUTHENTICATED']);
  });

  it('service operations are for services', async () => {
    for (const caller of [anonymous(), self, root]) {
      const answer = await user.ask(
        caller,
        `query ($id: ID!) {
          tenantByHost(host: "localhost") { id } tenantById(id: $id) { id }
          findLogin(tenantId: $id, identifier: "ours@example.com") { userId } loginSubject(userId: $id) { userId }
        }`,
        { id: user.tenant.id },
      );
      expect(codesOf(answer)).toEqual(Array(4).fill('FORBIDDEN'));
      const complete = 'mutation ($id: ID!) { completeRegistration(userId: $id) { userId } }';
      expect(codesOf(await user.ask(caller, complete, { id: plain.id }))).toEqual(['FORBIDDEN']);
    }
  });

  it('a login means somebody of its own tenant only', async () => {
    const find = async (tenantId: string, identifier: string) =>
      (
        await user.ask(
          auth,
          'query ($tenantId: ID!, $identifier: String!) { findLogin(tenantId: $tenantId, identifier: $identifier) { userId } }',
          { tenantId, identifier },
        )
      ).data.findLogin;
    expect(await find(user.tenant.id, ' OURS@example.com')).toEqual({ userId: ours.id });
    expect(await find(user.otherTenant.id, 'ours@example.com')).toBeNull();
    for (const identifier of ['', '@', 'a\0b', "' or 1=1 --", 'x'.repeat(5_000), '%', '\ud800']) {
      expect(await find(user.tenant.id, identifier)).toBeNull();
    }
    expect(await find('not an id', 'ours@example.com')).toBeNull();
  });
});
