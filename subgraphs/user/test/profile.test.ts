import type { Caller } from '@gatehouse/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, fieldsOf, foreignDocument, startUser, type TestUser } from './harness.ts';

describe('the profile', () => {
  let user: TestUser;
  let caller: Caller;
  let id: string;
  beforeAll(async () => {
    user = await startUser();
    const person = await user.person('ada');
    id = person.id;
    caller = await user.signedIn(person);
  });
  afterAll(() => user.stop());

  const update = (input: Record<string, unknown>) =>
    user.ask(
      caller,
      `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user {
        username firstName lastName displayName locale timeZone avatar { id } preferences { key value }
      } } }`,
      { input },
    );

  it('changes what is given and empties what is null', async () => {
    const avatarDocumentId = crypto.randomUUID();
    const full = await update({
      username: 'Ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
      locale: 'en-gb',
      timeZone: 'Europe/London',
      avatarDocumentId,
      preferences: [
        { key: 'theme', value: 'dark' },
        { key: 'density', value: 'cosy' },
      ],
    });
    expect(full.data.updateProfile.user).toEqual({
      username: 'Ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
      displayName: 'Ada Lovelace',
      locale: 'en-GB',
      timeZone: 'Europe/London',
      avatar: { id: avatarDocumentId },
      preferences: [
        { key: 'density', value: 'cosy' },
        { key: 'theme', value: 'dark' },
      ],
    });
    const less = await update({
      firstName: null,
      lastName: null,
      preferences: [{ key: 'theme', value: null }],
    });
    expect(less.data.updateProfile.user).toMatchObject({
      username: 'Ada',
      displayName: 'Ada',
      locale: 'en-GB',
      preferences: [{ key: 'density', value: 'cosy' }],
    });
  });

  it('tells what changed without telling personal data', async () => {
    await update({ firstName: 'Augusta', locale: 'fr' });
    const event = (await user.events()).at(-1);
    expect(event).toMatchObject({
      type: 'user.updated',
      subject: id,
      data: {
        changes: { firstName: true, locale: 'fr' },
        previousValues: { locale: 'en-GB' },
        updatedBy: id,
      },
    });
    const count = (await user.events()).length;
    await update({ firstName: 'Augusta', locale: 'fr', preferences: [{ key: 'density', value: 'cosy' }] });
    expect(await user.events()).toHaveLength(count);
  });

  it('gives a contested username to one', async () => {
    const people = await Promise.all([...Array(10).keys()].map((n) => user.person(`rival${n}`)));
    const callers = await Promise.all(people.map(user.signedIn));
    const answers = await Promise.all(
      callers.map((rival) =>
        user.ask(rival, 'mutation { updateProfile(input: { username: "Champion" }) { user { id } } }'),
      ),
    );
    expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('USERNAME_TAKEN'));
  });

  it('refuses what breaks a rule and changes nothing', async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ username: 'ab' }, 'username'],
      [{ locale: 'not a locale' }, 'locale'],
      [{ timeZone: '+01:00' }, 'timeZone'],
      [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
      [{ avatarDocumentId: '../../etc/passwd' }, 'avatarDocumentId'],
      [{ avatarDocumentId: foreignDocument }, 'avatarDocumentId'],
      [{ preferences: [{ key: '__proto__', value: 'x' }] }, 'preferences.0.key'],
      [{ preferences: [{ key: 'big', value: 'x'.repeat(1_001) }] }, 'preferences.0.value'],
      [{ preferences: Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: 'x' })) }, 'preferences'],
    ];
    const count = (await user.events()).length;
    for (const [input, field] of cases) {
      const answer = await update(input);
      expect([codesOf(answer), fieldsOf(answer)], field).toEqual([['BAD_USER_INPUT'], [field]]);
    }
    expect(await user.events()).toHaveLength(count);
  });

  it('of others is changed by those above them only', async () => {
    const admin = await user.signedIn(await user.person('admin', { roles: ['admin'] }));
    const boss = await user.person('boss', { roles: ['super-admin'] });
    const document =
      'mutation ($id: ID!) { updateUser(input: { userId: $id, lastName: "King" }) { user { lastName } } }';
    expect((await user.ask(admin, document, { id })).data.updateUser.user.lastName).toBe('King');
    expect(codesOf(await user.ask(admin, document, { id: boss.id }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await user.ask(caller, document, { id: boss.id }))).toEqual(['FORBIDDEN']);
  });
});
