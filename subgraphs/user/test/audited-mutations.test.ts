import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditedMutations, unaudited } from '../src/audited-mutations.ts';
import { codesOf, startUser, type TestUser } from './harness.ts';

let user: TestUser;
beforeAll(async () => {
  user = await startUser();
});
afterAll(() => user.stop());

const toldOf = async () =>
  (await user.audited()).map(({ subject, data }) => ({ key: subject, ...(data as object) }));

it('covers every mutation', () => {
  const fields = Object.keys(user.subgraph.schema.getMutationType()?.getFields() ?? {});
  expect([...Object.keys(auditedMutations), ...unaudited].toSorted()).toEqual(fields.toSorted());
});

it('tells of what was done, in its transaction, and of what was refused', async () => {
  const root = await user.person('root', { roles: ['super-admin'] });
  const ada = await user.person('ada');
  const admin = await user.signedIn(root);
  const member = await user.signedIn(ada);
  const assign = 'mutation ($i: AssignRoleInput!) { assignRole(input: $i) { user { id } } }';
  const update = 'mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }';

  await user.ask(admin, assign, { i: { userId: ada.id, role: 'admin' } });
  await user.ask(admin, update, { i: { userId: ada.id, firstName: 'Augusta', locale: 'de' } });
  expect(codesOf(await user.ask(member, assign, { i: { userId: root.id, role: 'user' } }))).toEqual([
    'FORBIDDEN',
  ]);
  expect(codesOf(await user.ask(admin, assign, { i: { userId: newId(), role: 'user' } }))).toEqual([
    'NOT_FOUND',
  ]);
  expect(codesOf(await user.ask(admin, assign, { i: { userId: 'x', role: 'user' } }))).toEqual([
    'BAD_USER_INPUT',
  ]);
  const { data } = await user.ask(
    admin,
    'mutation { addUser(input: { email: "new@example.com", firstName: "Nora" }) { user { id } } }',
  );
  await user.ask(
    admin,
    'mutation { createRole(input: { name: "clerks", permissions: ["users:read"] }) { role { id } } }',
  );

  const { sessionId } = admin.principal as { sessionId: string };
  const actor = { type: 'user', id: root.id };
  const common = {
    result: 'SUCCESS',
    errorCode: null,
    actor,
    sessionId,
    ipAddress: '127.0.0.1',
    userAgent: null,
  };
  const tenant = user.tenant.id;
  expect(await toldOf()).toEqual([
    {
      key: ada.id,
      action: 'assignRole',
      ...common,
      on: { type: 'user', id: ada.id },
      details: { role: 'admin' },
    },
    {
      key: ada.id,
      action: 'updateUser',
      ...common,
      on: { type: 'user', id: ada.id },
      details: { fields: ['firstName', 'locale'] },
    },
    {
      key: root.id,
      action: 'assignRole',
      ...common,
      result: 'REFUSED',
      errorCode: 'FORBIDDEN',
      actor: { type: 'user', id: ada.id },
      sessionId: (member.principal as { sessionId: string }).sessionId,
      on: { type: 'user', id: root.id },
      details: {},
    },
    {
      key: tenant,
      action: 'assignRole',
      ...common,
      result: 'REFUSED',
      errorCode: 'NOT_FOUND',
      on: { type: 'user', id: null },
      details: {},
    },
    {
      key: data.addUser.user.id,
      action: 'addUser',
      ...common,
      on: { type: 'user', id: data.addUser.user.id },
      details: { roles: null, documents: 0 },
    },
    {
      key: tenant,
      action: 'createRole',
      ...common,
      on: { type: 'role', id: 'clerks' },
      details: { permissions: ['users:read'] },
    },
  ]);
  expect(JSON.stringify(await user.audited())).not.toMatch(/Augusta|Nora|example\.com/);
});
