import type { Caller } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UserRow } from '../src/tables/index.ts';
import { startUser, type TestUser } from './harness.ts';

let user: TestUser;
let rootRow: UserRow;
beforeAll(async () => {
  user = await startUser();
  rootRow = await user.person('root', { roles: ['super-admin'] });
});
afterAll(() => user.stop());

/** With a second factor, last shown so many seconds ago. */
const shown = (caller: Caller, secondsAgo: number): Caller => ({
  ...caller,
  principal: {
    ...(caller.principal as Extract<Caller['principal'], { kind: 'user' }>),
    secondFactor: true,
    amr: ['pwd', 'otp', 'mfa'],
    authTime: Math.floor(Date.now() / 1000) - secondsAgo,
  },
});

const attempt = async (caller: Caller, field: string, input: object, selection: string) => {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`;
  return (await user.ask(caller, document, { input })).errors?.[0]?.extensions.code ?? null;
};

it('what a stolen session must not be enough for asks for the second factor again, and then goes', async () => {
  const { id: userId } = await user.person('ada');
  const attempts: [field: string, input: object, selection: string][] = [
    ['createRole', { name: 'nurse', permissions: [] }, 'role { id }'],
    ['updateRole', { name: 'nurse', description: 'changed' }, 'role { id }'],
    ['assignRole', { userId, role: 'nurse' }, 'user { id }'],
    ['removeRole', { userId, role: 'nurse' }, 'user { id }'],
    ['deleteRole', { name: 'nurse' }, 'name'],
    ['createPermission', { name: 'wards:open' }, 'permission { id }'],
    ['deletePermission', { name: 'wards:open' }, 'name'],
    ['addUser', { email: 'new@example.com', roles: ['admin'] }, 'user { id }'],
    ['deactivateUser', { userId }, 'user { id }'],
    ['deleteUser', { userId }, 'user { id }'],
  ];
  const root = await user.signedIn(rootRow);
  for (const [field, input, selection] of attempts) {
    expect(await attempt(shown(root, 3_600), field, input, selection), field).toBe('STEP_UP_REQUIRED');
  }
  for (const [field, input, selection] of attempts) {
    // With what was given a moment ago.
    const now = await user.signedIn(rootRow);
    expect(await attempt(shown(now, 60), field, input, selection), field).toBeNull();
  }
});

it('leaving oneself asks for it as well', async () => {
  const ada = await user.signedIn(await user.person('leaver'));
  expect(await attempt(shown(ada, 3_600), 'deactivateUser', {}, 'user { id }')).toBe('STEP_UP_REQUIRED');
  expect(await attempt(shown(ada, 60), 'deactivateUser', {}, 'user { id }')).toBeNull();
});
