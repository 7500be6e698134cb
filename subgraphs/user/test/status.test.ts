import type { Caller } from '@gatehouse/identity';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseUsers } from '../src/erase-users.ts';
import { type UserRow, type UserStatus, userRoles, users } from '../src/tables/index.ts';
import { auth, codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

describe('the status of an account', () => {
  let user: TestUser;
  let admin: Caller;
  let adminRow: UserRow;
  beforeAll(async () => {
    user = await startUser();
    adminRow = await user.person('admin', { roles: ['admin'] });
    admin = await user.signedIn(adminRow);
    await user.person('root', { roles: ['super-admin'] });
  });
  afterAll(() => user.stop());

  const change = (field: string, input: Record<string, unknown>, caller = admin) => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    return user.ask(
      caller,
      `mutation ($input: ${type}!) { ${field}(input: $input) { user { id status statusReason } } }`,
      { input },
    );
  };
  const eventsOf = async (id: string) =>
    (await user.events()).filter(({ subject }) => subject === id).map(({ type }) => type);

  const transitions: [string, UserStatus[], UserStatus][] = [
    ['activateUser', ['PENDING', 'DEACTIVATED'], 'ACTIVE'],
    ['enableUser', ['DISABLED'], 'ACTIVE'],
    ['disableUser', ['PENDING', 'ACTIVE', 'DEACTIVATED'], 'DISABLED'],
    ['deactivateUser', ['ACTIVE'], 'DEACTIVATED'],
    ['deleteUser', ['PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED'], 'DELETED'],
    ['restoreUser', ['DELETED'], 'DISABLED'],
  ];
  const all: UserStatus[] = ['PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED', 'DELETED'];

  it.each(transitions)('%s is allowed from the right ones only', async (field, from, to) => {
    for (const status of all) {
      const person = await user.person(`${field}-${status}`, { status });
      const answer = await change(field, { userId: person.id });
      if (from.includes(status)) {
        expect(answer.data?.[field].user.status, status).toBe(to);
        expect(await eventsOf(person.id)).toHaveLength(1);
      } else {
        expect(codesOf(answer), status).toEqual(['CONFLICT']);
        expect(await eventsOf(person.id)).toEqual([]);
      }
    }
  });

  it('disabling ends sessions everywhere, keeps the reason, and tells it', async () => {
    const person = await user.person('suspect');
    const { data } = await change('disableUser', { userId: person.id, reason: ' spam ' });
    expect(data.disableUser.user.statusReason).toBe('spam');
    await expect.poll(() => user.revocations).toContainEqual({ userId: person.id, ended: true });
    expect((await user.events()).at(-1)).toMatchObject({
      type: 'user.deactivated',
      data: { reason: 'spam' },
    });
  });

  it('of twenty parallel changes one happens', async () => {
    const person = await user.person('busy');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => change('disableUser', { userId: person.id })),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    expect(await eventsOf(person.id)).toEqual(['user.deactivated']);
  });

  it('enabling does not replace a confirmation that never happened', async () => {
    const person = await user.person('unconfirmed', { status: 'PENDING' });
    await change('disableUser', { userId: person.id });
    expect((await change('enableUser', { userId: person.id })).data.enableUser.user.status).toBe('PENDING');
  });

  it('a confirmation while disabled counts, but does not enable', async () => {
    const person = await user.person('confirmed-late', { status: 'PENDING' });
    await change('disableUser', { userId: person.id });
    const { data } = await user.ask(
      auth,
      'mutation ($id: ID!) { completeRegistration(userId: $id) { status } }',
      { id: person.id },
    );
    expect(data.completeRegistration.status).toBe('DISABLED');
    expect((await change('enableUser', { userId: person.id })).data.enableUser.user.status).toBe('ACTIVE');
  });

  it('people deactivate themselves, nobody else', async () => {
    const [person, other] = [await user.person('leaving'), await user.person('staying')];
    const caller = await user.signedIn(person);
    expect(codesOf(await change('deactivateUser', { userId: other.id }, caller))).toEqual(['FORBIDDEN']);
    const own = 'mutation { deactivateUser(input: { reason: "tired" }) { user { id status } } }';
    expect((await user.ask(caller, own)).data.deactivateUser.user).toEqual({
      id: person.id,
      status: 'DEACTIVATED',
    });
  });

  it('refuses oneself, those above, unknown and malformed ids', async () => {
    expect(codesOf(await change('disableUser', { userId: adminRow.id }))).toEqual(['FORBIDDEN']);
    const above = await user.person('above', { roles: ['super-admin'] });
    for (const [field] of transitions) {
      expect(codesOf(await change(field, { userId: above.id })), field).toEqual(['FORBIDDEN']);
      expect(codesOf(await change(field, { userId: crypto.randomUUID() })), field).toEqual(['NOT_FOUND']);
      expect(codesOf(await change(field, { userId: "'; drop table users; --" })), field).toEqual([
        'BAD_USER_INPUT',
      ]);
    }
  });

  it('deletion frees address and username; restoring needs them free', async () => {
    const add = (email: string) =>
      user.ask(
        admin,
        'mutation ($email: String!) { addUser(input: { email: $email, username: "reused" }) { user { id } } }',
        { email },
      );
    const first = (await add('reused@example.com')).data.addUser.user.id;
    expect(codesOf(await add('reused@example.com'))).toEqual(['EMAIL_TAKEN']);
    await change('deleteUser', { userId: first });
    const subject = 'query ($id: ID!) { loginSubject(userId: $id) { status } }';
    expect((await user.ask(auth, subject, { id: first })).data.loginSubject).toBeNull();
    expect((await add('reused@example.com')).errors).toBeUndefined();
    expect(codesOf(await change('restoreUser', { userId: first }))).toEqual(['EMAIL_TAKEN']);
  });

  it('a deleted account is erased when its retention ends', async () => {
    const remove = `mutation ($id: ID!, $days: Int) {
      deleteUser(input: { userId: $id, retentionDays: $days }) { erasedAt user { status } }
    }`;
    const [kept, gone] = [await user.person('kept'), await user.person('gone')];
    const { data } = await user.ask(admin, remove, { id: kept.id });
    expect((Date.parse(data.deleteUser.erasedAt) - Date.now()) / 86_400_000).toBeCloseTo(30, 2);
    await user.ask(admin, remove, { id: gone.id, days: 0 });
    expect(fieldsOf(await user.ask(admin, remove, { id: kept.id, days: 3651 }))).toEqual(['retentionDays']);

    expect(await eraseUsers(user.deps.database)).toBe(1);
    const { db } = user.deps.database;
    const [row] = await db.select().from(users).where(eq(users.id, gone.id));
    expect(JSON.stringify(row)).not.toContain('gone@example.com');
    expect(await db.select().from(userRoles).where(eq(userRoles.userId, gone.id))).toEqual([]);
    expect(codesOf(await change('restoreUser', { userId: gone.id }))).toEqual(['NOT_FOUND']);
    expect((await change('restoreUser', { userId: kept.id })).data.restoreUser.user.status).toBe('DISABLED');
  });
});
