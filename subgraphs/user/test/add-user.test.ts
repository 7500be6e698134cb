import { newId } from '@gatehouse/data';
import type { Caller } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

const document = `mutation ($input: AddUserInput!) {
  addUser(input: $input) { codeExpiresAt user { id email status locale timeZone roles { name } } }
}`;

describe('addUser', () => {
  let user: TestUser;
  let admin: Caller;
  let superAdmin: Caller;
  beforeAll(async () => {
    user = await startUser();
    admin = await user.signedIn(await user.person('admin', { roles: ['admin'] }));
    superAdmin = await user.signedIn(await user.person('root', { roles: ['super-admin'] }));
  });
  afterAll(() => user.stop());

  const addUser = (input: Record<string, unknown>, caller = admin) => user.ask(caller, document, { input });

  it('adds a pending user with the role user and invites them', async () => {
    const answer = await addUser({ email: 'new@example.com', locale: 'de-at', timeZone: 'europe/vienna' });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.addUser.user).toMatchObject({
      status: 'PENDING',
      locale: 'de-AT',
      timeZone: 'Europe/Vienna',
      roles: [{ name: 'user' }],
    });
    expect((await user.events()).at(-1)).toMatchObject({
      type: 'user.created',
      data: {
        email: 'new@example.com',
        role: 'user',
        registrationMethod: 'admin',
        metadata: { roles: ['user'] },
      },
    });
  });

  it('reserves documents before, and names them in the event', async () => {
    const documentIds = [newId(), newId()];
    const { data } = await addUser({ email: 'papers@example.com', documentIds });
    expect(user.calls.at(-1)).toEqual({
      operation: 'ReserveDocuments',
      variables: {
        tenantId: user.tenant.id,
        documentIds,
        holderId: admin.principal?.kind === 'user' && admin.principal.userId,
        forUserId: data.addUser.user.id,
      },
    });
    expect((await user.events()).at(-1)?.data).toMatchObject({ metadata: { documentIds } });
  });

  it('releases the documents when the address is taken, and leaves nothing behind', async () => {
    const before = await user.events();
    const answer = await addUser({ email: 'NEW@example.com', documentIds: [newId()] });
    expect(codesOf(answer)).toEqual(['EMAIL_TAKEN']);
    const [reserved, released] = user.calls.slice(-2);
    expect(released?.operation).toBe('ReleaseDocuments');
    expect(released?.variables.forUserId).toBe(reserved?.variables.forUserId);
    expect(await user.events()).toHaveLength(before.length);
  });

  it('adds nobody when storage refuses the documents', async () => {
    user.failing.set('ReserveDocuments', new GatehouseError('NOT_FOUND', 'no such document'));
    expect(codesOf(await addUser({ email: 'unlucky@example.com', documentIds: [newId()] }))).toEqual([
      'NOT_FOUND',
    ]);
    user.failing.clear();
    expect((await addUser({ email: 'unlucky@example.com' })).errors).toBeUndefined();
  });

  it('refuses roles that give more than the caller has', async () => {
    const roles = ['super-admin'];
    expect(codesOf(await addUser({ email: 'boss@example.com', roles }))).toEqual(['FORBIDDEN']);
    const answer = await addUser({ email: 'boss@example.com', roles: ['super-admin', 'user'] }, superAdmin);
    expect(answer.data.addUser.user.roles).toEqual([{ name: 'super-admin' }, { name: 'user' }]);
  });

  it('refuses unknown roles, taken usernames and malformed ids', async () => {
    const unknown = await addUser({ email: 'a1@example.com', roles: ['no-such-role'] });
    expect([codesOf(unknown), fieldsOf(unknown)]).toEqual([['BAD_USER_INPUT'], ['roles']]);
    await addUser({ email: 'named@example.com', username: 'named' });
    expect(codesOf(await addUser({ email: 'a2@example.com', username: 'NAMED' }))).toEqual([
      'USERNAME_TAKEN',
    ]);
    expect(fieldsOf(await addUser({ email: 'a3@example.com', documentIds: ['../etc'] }))).toEqual([
      'documentIds.0',
    ]);
  });

  it('is not for those without users:write', async () => {
    const plain = await user.signedIn(await user.person('plain'));
    expect(codesOf(await addUser({ email: 'a4@example.com' }, plain))).toEqual(['FORBIDDEN']);
  });
});
