import { type Caller, type TenantChange, tenantChannel } from '@gatehouse/identity';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eraseTenants } from '../src/erase-tenants.ts';
import { seedTenants } from '../src/seed-tenants.ts';
import { tenants } from '../src/tables/index.ts';
import { anonymous, auth, codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

let user: TestUser;
let root: Caller;
const told: string[] = [];
beforeAll(async () => {
  user = await startUser();
  root = await user.signedIn(await user.person('root', { roles: ['super-admin'] }));
  await user.deps.pubSub.subscribe<TenantChange>(tenantChannel, ({ tenantId }) => told.push(tenantId));
});
afterAll(() => user.stop());

const create = (input: Record<string, unknown>, caller = root) =>
  user.ask(
    caller,
    `mutation ($input: CreateTenantInput!) {
      createTenant(input: $input) { codeExpiresAt tenant { id slug name publicUrl status hosts senderName senderAddress } }
    }`,
    { input },
  );
const change = (mutation: string, input: Record<string, unknown>, caller = root) => {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const document = `mutation ($input: ${type}) { ${mutation}(input: $input) { tenant {
    id name status statusReason hosts senderName senderAddress erasedAt
    branding { name primaryColor onPrimaryColor backgroundColor logoUrl supportUrl }
  } } }`;
  return user.ask(caller, document, { input });
};
const acme = (slug: string, given: Record<string, unknown> = {}) => ({
  slug,
  name: `The ${slug}`,
  publicUrl: `https://${slug}.example`,
  administratorEmail: `boss@${slug}.example`,
  ...given,
});
const made = async (slug: string): Promise<string> => {
  const { data, errors } = await create(acme(slug));
  if (errors) throw new Error(JSON.stringify(errors));
  return data.createTenant.tenant.id;
};
const administratorOf = async (tenantId: string, name: string, roles = ['super-admin']): Promise<Caller> => {
  const [tenant] = await user.deps.database.db.select().from(tenants).where(eq(tenants.id, tenantId));
  return await user.signedIn(await user.person(name, { roles, ...(tenant && { tenant }) }));
};

describe('createTenant', () => {
  it('makes the tenant with its hosts and roles, and invites its first administrator', async () => {
    const input = acme('clinic', {
      publicUrl: 'https://ID.Clinic.Example:443/',
      hosts: ['Bücher.Example.', 'clinic.example:8443'],
      senderName: 'Clinic',
      senderAddress: 'No-Reply@Clinic.example',
    });
    const { data, errors } = await create(input);
    expect(errors).toBeUndefined();
    expect(data.createTenant.tenant).toMatchObject({
      slug: 'clinic',
      publicUrl: 'https://id.clinic.example',
      status: 'ACTIVE',
      hosts: ['clinic.example:8443', 'id.clinic.example', 'xn--bcher-kva.example'],
      senderName: 'Clinic',
      senderAddress: 'no-reply@clinic.example',
    });
    const { id } = data.createTenant.tenant;
    const events = await user.events();
    const invitation = events.find(({ tenantId, type }) => type === 'user.created' && tenantId === id);
    expect(invitation?.data).toMatchObject({
      email: 'boss@clinic.example',
      role: 'super-admin',
      registrationMethod: 'admin',
    });
    await vi.waitFor(() => expect(told).toContain(id), 5_000);
    const record = await user.ask(
      auth,
      '{ tenantByHost(host: "clinic.example:8443") { id publicUrl status } }',
    );
    expect(record.data.tenantByHost).toEqual({
      id,
      publicUrl: 'https://id.clinic.example',
      status: 'ACTIVE',
    });
  });

  it('gives the new tenant no permission over the installation, nor a way to make one', async () => {
    const boss = await administratorOf(await made('plain'), 'plain-boss');
    expect(boss.principal?.permissions).toContain('tenant-settings:write');
    expect(boss.principal?.permissions.filter((name) => name.startsWith('tenants:'))).toEqual([]);
    for (const name of ['tenants:read', 'tenants:write']) {
      const answer = await user.ask(
        boss,
        'mutation ($name: String!) { createPermission(input: { name: $name }) { permission { id } } }',
        { name },
      );
      expect(codesOf(answer)).toEqual(['CONFLICT']);
    }
  });

  it.each([
    ['a host of the default tenant', { hosts: ['localhost'] }, 'hosts'],
    ['it on another port', { hosts: ['localhost:9999'] }, 'hosts'],
    ['a host of another tenant, spelt differently', { hosts: ['CLINICWAVE.com.'] }, 'hosts'],
    ['it on another port, as the public URL', { publicUrl: 'https://clinicwave.com:8443' }, 'hosts'],
    ['an address', { hosts: ['127.0.0.1'] }, 'hosts.0'],
    ['an address in disguise', { hosts: ['0x7f.1'] }, 'hosts.0'],
    ['a wildcard', { hosts: ['*.example'] }, 'hosts.0'],
    ['a path', { hosts: ['a.example/b'] }, 'hosts.0'],
    ['a user', { publicUrl: 'https://a@b.example' }, 'publicUrl'],
    ['a path in the public URL', { publicUrl: 'https://b.example/id' }, 'publicUrl'],
    ['another scheme', { publicUrl: 'javascript:alert(1)' }, 'publicUrl'],
    ['a port too high', { hosts: ['a.example:70000'] }, 'hosts.0'],
    ['a name that is no slug', { slug: 'No Slug' }, 'slug'],
    ['no address to invite', { administratorEmail: 'nobody' }, 'administratorEmail'],
    ['a sender with a line break', { senderName: 'a\nBcc: x' }, 'senderName'],
  ])('refuses %s, and leaves nothing', async (_what, given, path) => {
    const answer = await create(acme('refused', given));
    expect(fieldsOf(answer)).toEqual([path]);
    const { data } = await user.ask(root, '{ tenants(filter: { text: "refused" }) { nodes { id } } }');
    expect(data.tenants.nodes).toEqual([]);
  });

  it('refuses a slug in use', async () => {
    expect(codesOf(await create(acme('default')))).toEqual(['CONFLICT']);
  });

  it('of two at once for one host one wins', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => create(acme(`race-${n}`, { hosts: [`race.example:${n + 1}`] }))),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  });
});

describe('updateTenant', () => {
  it('changes name, hosts, branding and sender', async () => {
    const tenantId = await made('changing');
    const answer = await change('updateTenant', {
      tenantId,
      name: 'Changed',
      hosts: ['second.changing.example'],
      primaryColor: '#FFEE00',
      logoUrl: 'https://cdn.example/logo.png',
      supportUrl: 'mailto:help@changing.example',
      senderAddress: 'id@changing.example',
    });
    expect(answer.data.updateTenant.tenant).toMatchObject({
      name: 'Changed',
      hosts: ['changing.example', 'second.changing.example'],
      senderAddress: 'id@changing.example',
      branding: {
        name: 'Changed',
        primaryColor: '#ffee00',
        onPrimaryColor: '#000000',
        logoUrl: 'https://cdn.example/logo.png',
        supportUrl: 'mailto:help@changing.example',
      },
    });
    const branding = '{ tenantBranding { name primaryColor } }';
    expect((await user.ask(anonymous('second.changing.example'), branding)).data.tenantBranding).toEqual({
      name: 'Changed',
      primaryColor: '#ffee00',
    });
    expect(codesOf(await user.ask(anonymous('nobody.example'), branding))).toEqual(['UNKNOWN_TENANT']);
  });

  it.each([
    [{ logoUrl: 'http://cdn.example/logo.png' }, 'logoUrl'],
    [{ logoUrl: 'javascript:alert(1)' }, 'logoUrl'],
    [{ logoUrl: 'data:image/png;base64,AAAA' }, 'logoUrl'],
    [{ logoUrl: 'https://cdn.example/a;script-src%20x' }, 'logoUrl'],
    [{ supportUrl: 'https://user:pw@help.example' }, 'supportUrl'],
    [{ primaryColor: 'red;}body{display:none' }, 'primaryColor'],
    [{ backgroundColor: '#12345' }, 'backgroundColor'],
    [{ senderName: 'x'.repeat(101) }, 'senderName'],
  ])('refuses %j', async (given, path) => {
    const answer = await change('updateBranding', given);
    expect(fieldsOf(answer)).toEqual([path]);
  });

  it('takes no host from another tenant, and none of the default one', async () => {
    const tenantId = await made('taker');
    expect(fieldsOf(await change('updateTenant', { tenantId, hosts: ['clinicwave.com'] }))).toEqual([
      'hosts',
    ]);
    const own = { tenantId: user.tenant.id, hosts: ['more.example'] };
    expect(fieldsOf(await change('updateTenant', own))).toEqual(['hosts']);
  });
});

describe('a tenant', () => {
  it('suspended answers nobody, and comes back', async () => {
    const tenantId = await made('bad');
    told.length = 0;
    const { data } = await change('suspendTenant', { tenantId, reason: 'unpaid' });
    expect(data.suspendTenant.tenant).toMatchObject({ status: 'SUSPENDED', statusReason: 'unpaid' });
    await vi.waitFor(() => expect(told).toContain(tenantId), 5_000);
    const register = 'mutation { register(input: { email: "a@b.example" }) { email } }';
    expect(codesOf(await user.ask(anonymous('bad.example'), register))).toEqual(['TENANT_SUSPENDED']);
    expect(codesOf(await change('suspendTenant', { tenantId }))).toEqual(['CONFLICT']);
    await change('activateTenant', { tenantId });
    expect((await user.ask(anonymous('bad.example'), register)).errors).toBeUndefined();
  });

  it('deleted is kept until its retention ends, then its people go and its hosts are free', async () => {
    const tenantId = await made('gone');
    const member = await administratorOf(tenantId, 'gone-member', ['user']);
    await change('deleteTenant', { tenantId, retentionDays: 1 });
    await change('activateTenant', { tenantId });
    const { data } = await change('deleteTenant', { tenantId, retentionDays: 0 });
    expect(data.deleteTenant.tenant).toMatchObject({ status: 'DELETED' });
    expect(await eraseTenants(user.deps.database)).toBe(1);

    const record = await user.ask(auth, '{ tenantByHost(host: "gone.example") { id } }');
    expect(record.data.tenantByHost).toBeNull();
    const events = (await user.events()).filter((event) => event.tenantId === tenantId);
    expect(events.at(-1)?.type).toBe('tenant.erased');
    const deleted = events.filter(({ type }) => type === 'user.deleted').map(({ subject }) => subject);
    expect(deleted).toContain(
      member.principal && 'userId' in member.principal ? member.principal.userId : '',
    );
    expect(codesOf(await change('activateTenant', { tenantId }))).toEqual(['NOT_FOUND']);
    const again = await create(acme('gone'));
    expect(again.errors).toBeUndefined();
  });

  it.each(['suspendTenant', 'deleteTenant'])('that is the default one refuses %s', async (mutation) => {
    expect(codesOf(await change(mutation, { tenantId: user.tenant.id }))).toEqual(['CONFLICT']);
  });

  it('is given what a newer version adds', async () => {
    const { db } = user.deps.database;
    const tenantId = await made('older');
    const boss = await administratorOf(tenantId, 'older-boss');
    await db.execute(
      `delete from "user".permissions where tenant_id = '${tenantId}' and name = 'audit:read'`,
    );
    await db.update(tenants).set({ seeded: 'older' }).where(eq(tenants.id, tenantId));
    await seedTenants(user.deps);
    const { data } = await user.ask(boss, '{ permissions { name } }');
    expect(data.permissions).toContainEqual({ name: 'audit:read' });
  });
});

describe('administrators of another tenant', () => {
  it('change the branding of their own, and nothing else', async () => {
    const tenantId = await made('own');
    const boss = await administratorOf(tenantId, 'own-boss');
    // As if the permission had come into their tenant all the same.
    const { principal } = boss;
    if (!principal) throw new Error('nobody');
    const permissions = [...principal.permissions, 'tenants:read', 'tenants:write'];
    const intruder: Caller = { ...boss, principal: { ...principal, permissions } };

    const { data } = await change('updateBranding', { primaryColor: '#000080', senderName: 'Own' }, boss);
    expect(data.updateBranding.tenant).toMatchObject({ id: tenantId, branding: { primaryColor: '#000080' } });
    for (const caller of [boss, intruder]) {
      for (const id of [tenantId, user.tenant.id]) {
        const attempts = [
          change('updateTenant', { tenantId: id, name: 'Mine' }, caller),
          change('updateTenant', { tenantId: id, hosts: ['mine.example'] }, caller),
          change('suspendTenant', { tenantId: id }, caller),
          change('activateTenant', { tenantId: id }, caller),
          change('deleteTenant', { tenantId: id }, caller),
          create(acme('stolen'), caller),
          user.ask(caller, '{ tenants { nodes { id } } }'),
        ];
        for (const answer of await Promise.all(attempts)) expect(codesOf(answer)).toEqual(['FORBIDDEN']);
      }
      const other = await user.ask(caller, 'query ($id: ID!) { tenant(id: $id) { id } }', {
        id: user.tenant.id,
      });
      expect(other.data.tenant).toBeNull();
    }
    const { data: own } = await user.ask(boss, 'query ($id: ID!) { tenant(id: $id) { name hosts status } }', {
      id: tenantId,
    });
    expect(own.tenant).toEqual({ name: 'The own', hosts: ['own.example'], status: 'ACTIVE' });
  });

  it('have no field of updateBranding that is the installation’s', async () => {
    for (const field of ['name', 'hosts', 'senderAddress', 'status', 'tenantId', 'publicUrl', 'slug']) {
      const document = `mutation { updateBranding(input: { ${field}: "x" }) { tenant { id } } }`;
      await expect(user.ask(root, document)).rejects.toThrow('is not defined');
    }
  });
});

it('tenants are listed by slug and found by the start of slug, host or a word of the name', async () => {
  await made('alpha-one');
  await made('alpha-two');
  const list = async (filter: object) =>
    (
      await user.ask(root, 'query ($f: TenantFilter) { tenants(first: 50, filter: $f) { nodes { slug } } }', {
        f: filter,
      })
    ).data.tenants.nodes.map(({ slug }: { slug: string }) => slug);
  expect(await list({ text: 'alpha' })).toEqual(['alpha-one', 'alpha-two']);
  expect(await list({ text: 'alpha-two.ex' })).toEqual(['alpha-two']);
  expect(await list({ text: 'CLINICWAVE' })).toEqual(['clinicwave']);
  expect(await list({ text: '%' })).toEqual([]);
  expect(await list({ status: ['SUSPENDED'] })).toEqual([]);
  const first = await user.ask(
    root,
    '{ tenants(first: 1) { nodes { slug } pageInfo { hasNextPage endCursor } } }',
  );
  expect(first.data.tenants.pageInfo.hasNextPage).toBe(true);
});
