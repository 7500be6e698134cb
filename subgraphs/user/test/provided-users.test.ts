import { newId } from '@gatehouse/data';
import { serviceCaller } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codesOf, startUser, type TestUser } from './harness.ts';

let user: TestUser;
beforeAll(async () => {
  user = await startUser();
});
afterAll(() => user.stop());

const everything = ['profile:read', 'profile:write', 'documents:create'];
const fields = 'userId status email emailConfirmed firstName roles';
const provision = `mutation ($i: ProvisionUserInput!) { provisionUser(input: $i) { ${fields} } }`;
const sync = `mutation ($i: SyncProvidedRolesInput!) { syncProvidedRoles(input: $i) { ${fields} } }`;
const ask = (document: string, i: object) => user.ask(serviceCaller('auth'), document, { i });

const wanted = (values: object = {}) => ({
  userId: newId(),
  tenantId: user.tenant.id,
  email: `${newId()}@clinic.example`,
  role: 'user',
  within: everything,
  registrationMethod: 'oauth',
  providerId: newId(),
  ...values,
});

it('makes an active account with a confirmed address, and the same one again', async () => {
  const input = wanted({ firstName: 'Nora', lastName: '\u202Ereversed' });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(provision, input)));
  for (const { data } of answers) {
    expect(data.provisionUser).toEqual({
      userId: input.userId,
      status: 'ACTIVE',
      email: input.email,
      emailConfirmed: true,
      firstName: 'Nora',
      roles: ['user'],
    });
  }
});

it('makes none for an address that is taken, nor for one that is none', async () => {
  const ada = await user.person('ada');
  expect((await ask(provision, wanted({ email: ada.email.toUpperCase() }))).data.provisionUser).toBeNull();
  expect(codesOf(await ask(provision, wanted({ email: 'nobody' })))).toEqual(['BAD_USER_INPUT']);
  // An id that is somebody's of another tenant gives nothing away.
  const there = await user.person('olga', { tenant: user.otherTenant });
  expect((await ask(provision, wanted({ userId: there.id }))).data.provisionUser).toBeNull();
});

it('gives the least role when the wanted one gives more than it may, or is gone', async () => {
  for (const role of ['admin', 'no-such-role']) {
    const { data } = await ask(provision, wanted({ role }));
    expect(data.provisionUser.roles).toEqual(['self-registration']);
  }
});

it('gives and takes managed roles within the limit, and leaves the last super-administrator', async () => {
  const root = await user.person('root', { roles: ['super-admin', 'user'] });
  const of = (values: object) => ({
    userId: root.id,
    tenantId: user.tenant.id,
    providerId: newId(),
    managed: ['super-admin', 'user', 'self-registration', 'admin'],
    within: everything,
    ...values,
  });
  const { data } = await ask(sync, of({ granted: ['self-registration', 'admin'] }));
  expect(data.syncProvidedRoles.roles).toEqual(['self-registration', 'super-admin']);
  expect(codesOf(await ask(sync, of({ granted: [], tenantId: user.otherTenant.id })))).toEqual(['NOT_FOUND']);
});
