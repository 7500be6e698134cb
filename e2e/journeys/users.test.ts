import { newAddress, randomText } from '@gatehouse/testkit/clients';
import { beforeAll, expect, test } from 'vitest';
import { administrator, memberWith } from '../gatehouse.ts';

/** Everybody of this file has it at the start of the last name. */
const family = `Zz${randomText()}`;
let admin: Awaited<ReturnType<typeof administrator>>;

beforeAll(async () => {
  admin = await administrator();
  for (const firstName of ['Émile', 'Bob', 'Carol', 'Dan', 'Eve']) {
    await admin.client.ask('mutation ($input: AddUserInput!) { addUser(input: $input) { user { id } } }', {
      input: {
        email: newAddress(firstName === 'Émile' ? 'emile' : firstName.toLowerCase()),
        firstName,
        lastName: `${family} ${firstName}`,
        roles: firstName === 'Eve' ? ['admin'] : ['user'],
      },
    });
  }
});

test('users are found by the start of a name, by status and by role', async () => {
  expect(await namesOf({ filter: { text: family } })).toEqual(['Eve', 'Dan', 'Carol', 'Bob', 'Émile']);
  expect(await namesOf({ filter: { text: `${family} caro` } })).toEqual(['Carol']);
  expect(await namesOf({ filter: { text: family, role: 'admin' } })).toEqual(['Eve']);
  expect(await namesOf({ filter: { text: family, status: ['ACTIVE'] } })).toEqual([]);
  expect(await namesOf({ filter: { text: family, status: ['PENDING', 'ACTIVE'] } })).toHaveLength(5);
  expect(await namesOf({ filter: { text: `${family}%` } })).toEqual([]);
});

test('pages follow each other without gap or overlap, forwards and backwards, in every order', async () => {
  for (const [orderBy, all] of [
    ['CREATED_AT', ['Eve', 'Dan', 'Carol', 'Bob', 'Émile']],
    ['EMAIL', ['Bob', 'Carol', 'Dan', 'Émile', 'Eve']],
    ['LAST_NAME', ['Bob', 'Carol', 'Dan', 'Émile', 'Eve']],
  ] as const) {
    const order = { orderBy, filter: { text: family } };
    const names: string[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await usersOf({ ...order, first: 2, after });
      expect(page.totalCount).toBe(5);
      names.push(...page.nodes.map(({ firstName }) => firstName));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    }
    expect(new Set(names)).toEqual(new Set(all));
    if (orderBy !== 'LAST_NAME') expect(names).toEqual(all);

    const last = await usersOf({ ...order, last: 2 });
    expect(last.nodes.map(({ firstName }) => firstName)).toEqual(names.slice(3));
    const before = await usersOf({ ...order, last: 2, before: last.pageInfo.startCursor });
    expect(before.nodes.map(({ firstName }) => firstName)).toEqual(names.slice(1, 3));
  }
});

test('pages are bounded, cursors are checked', async () => {
  const { client } = admin;
  for (const page of [
    'first: 0',
    'first: -1',
    'first: 101',
    'first: 2, last: 2',
    'first: 2, after: "nonsense"',
  ]) {
    expect(await client.refusal(`{ users(${page}) { nodes { id } } }`), page).toBe('BAD_USER_INPUT');
  }
});

test('an administrator changes a profile; a member only the own', async () => {
  const member = await memberWith();
  const { updateUser } = await admin.client.ask<{ updateUser: { user: unknown } }>(
    `mutation ($input: UpdateUserInput!) {
      updateUser(input: $input) { user { firstName displayName locale timeZone } }
    }`,
    {
      input: {
        userId: member.id,
        firstName: 'Ann',
        lastName: 'Lee',
        locale: 'de-AT',
        timeZone: 'Europe/Vienna',
      },
    },
  );
  expect(updateUser.user).toEqual({
    firstName: 'Ann',
    displayName: 'Ann Lee',
    locale: 'de-AT',
    timeZone: 'Europe/Vienna',
  });
  const updateProfile = `mutation ($input: UpdateProfileInput!) {
    updateProfile(input: $input) { user { displayName preferences { key value } } }
  }`;
  expect(
    await member.client.ask(updateProfile, {
      input: { firstName: null, preferences: [{ key: 'theme', value: 'dark' }] },
    }),
  ).toEqual({
    updateProfile: { user: { displayName: 'Lee', preferences: [{ key: 'theme', value: 'dark' }] } },
  });
  expect(
    await member.client.refusal(
      'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }',
      { input: { userId: admin.id, firstName: 'Mallory' } },
    ),
  ).toBe('FORBIDDEN');
});

type Users = {
  users: {
    nodes: { firstName: string }[];
    totalCount: number;
    pageInfo: { hasNextPage: boolean; startCursor: string; endCursor: string };
  };
};

async function usersOf(variables: Record<string, unknown>): Promise<Users['users']> {
  const { users } = await admin.client.ask<Users>(
    `query ($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder) {
      users(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
        totalCount nodes { firstName } pageInfo { hasNextPage startCursor endCursor }
      }
    }`,
    variables,
  );
  return users;
}

const namesOf = async (variables: Record<string, unknown>) =>
  (await usersOf(variables)).nodes.map(({ firstName }) => firstName);
