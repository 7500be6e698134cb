import { permissionNames } from '@gatehouse/identity';
import { StartupError } from '@gatehouse/service-kit';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDefaultTenant, ensureSuperAdministrator, ensureTenant } from '../src/index.ts';
import { auth, startUser, type TestUser } from './harness.ts';

describe('a fresh installation', () => {
  let user: TestUser;
  beforeAll(async () => {
    user = await startUser();
  });
  afterAll(() => user.stop());

  const tenantOf = async (host: string) =>
    (
      await user.ask(
        auth,
        'query ($host: String!) { tenantByHost(host: $host) { slug primaryHost publicUrl } }',
        { host },
      )
    ).data.tenantByHost;

  it('keeps the default tenant in step with PUBLIC_URL', async () => {
    await ensureDefaultTenant(user.deps, { publicUrl: 'https://id.example.com/' });
    const expected = { slug: 'default', primaryHost: 'id.example.com', publicUrl: 'https://id.example.com' };
    for (const host of [
      'id.example.com',
      'ID.example.com.',
      'id.example.com:8443',
      'localhost:4000',
      '127.0.0.1',
      '[::1]:4000',
    ]) {
      expect(await tenantOf(host), host).toEqual(expected);
    }
    await ensureDefaultTenant(user.deps, { publicUrl: 'http://localhost:4000' });
    expect(await tenantOf('id.example.com')).toBeNull();
    expect(await tenantOf('localhost:4000')).toMatchObject({ primaryHost: 'localhost:4000' });
  });

  it('finds the other tenant by its host, and nobody by a made-up one', async () => {
    expect(await tenantOf('clinicwave.com')).toMatchObject({ slug: 'clinicwave' });
    for (const host of ['', ':', 'xlocalhost', 'clinicwave.com.evil.example', 'a\0b', 'x'.repeat(5_000)]) {
      expect(await tenantOf(host)).toBeNull();
    }
  });

  it('refuses a host that another tenant has', async () => {
    const wanted = {
      slug: 'thief',
      name: 'Thief',
      hosts: ['clinicwave.com'],
      publicUrl: 'http://thief.example',
    };
    await expect(ensureTenant(user.deps, wanted)).rejects.toThrow(StartupError);
    expect(await tenantOf('thief.example')).toBeNull();
  });

  it('gets one super-administrator however many processes start', async () => {
    const wanted = { email: 'Root@example.com', password: 'a long enough password' };
    const made = await Promise.all([...Array(5)].map(() => ensureSuperAdministrator(user.deps, wanted)));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await ensureSuperAdministrator(user.deps, wanted)).toEqual({ created: false });
    const events = await user.events();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'user.created',
      data: { email: 'Root@example.com', role: 'super-admin', metadata: { confirmed: 'true' } },
    });
    const find = `query ($id: ID!) { findLogin(tenantId: $id, identifier: "root@example.com") { status permissions } }`;
    const { data } = await user.ask(auth, find, { id: user.tenant.id });
    expect(data.findLogin.status).toBe('ACTIVE');
    expect(data.findLogin.permissions).toHaveLength(permissionNames.length);
  });

  it('says in one line what is wrong with the administrator', async () => {
    const person = { email: 'nonsense', password: 'x' };
    await expect(ensureSuperAdministrator(user.deps, person)).rejects.toThrow(
      'ADMIN_EMAIL is not an e-mail address.',
    );
  });

  it('brings a newly introduced permission to its roles, and leaves what was taken away', async () => {
    const root = await user.signedIn(await user.person('boss', { roles: ['super-admin'] }));
    const update = `mutation ($names: [String!]!) {
      updateRole(input: { name: "user", permissions: $names }) { role { permissions { name } } }
    }`;
    await user.ask(root, update, { names: ['profile:read'] });
    await user.deps.database.db.execute(sql`delete from "user".permissions where name = 'documents:create'`);
    await ensureDefaultTenant(user.deps, { publicUrl: 'http://localhost:4000' });
    const { data } = await user.ask(root, '{ role(name: "user") { permissions { name } } }');
    expect(data.role.permissions).toEqual([{ name: 'documents:create' }, { name: 'profile:read' }]);
  });
});
