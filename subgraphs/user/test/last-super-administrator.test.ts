import type { Caller } from '@gatehouse/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserRow } from '../src/tables/index.ts';
import { codesOf, startUser, type TestUser } from './harness.ts';

describe('the last super-administrator', () => {
  let user: TestUser;
  let root: UserRow;
  let caller: Caller;
  beforeAll(async () => {
    user = await startUser();
    root = await user.person('root', { roles: ['super-admin'] });
    caller = await user.signedIn(root);
  });
  afterAll(() => user.stop());

  const run = (body: string, id: string, by = caller) =>
    user.ask(by, `mutation ($id: ID!) { ${body} { user { id } } }`, { id });
  const removal = 'removeRole(input: { userId: $id, role: "super-admin" })';

  it('can not leave', async () => {
    for (const body of [
      removal,
      'deactivateUser(input: { userId: $id })',
      'deleteUser(input: { userId: $id })',
    ]) {
      expect(codesOf(await run(body, root.id)), body).toEqual(['CONFLICT']);
    }
    await user.person('retired', { roles: ['super-admin'], status: 'DISABLED' });
    expect(codesOf(await run(removal, root.id))).toEqual(['CONFLICT']);
  });

  it.each([
    ['removed', removal],
    ['disabled', 'disableUser(input: { userId: $id })'],
    ['deleted', 'deleteUser(input: { userId: $id })'],
  ])('of two %s by each other at once, one remains', async (how, body) => {
    for (let round = 0; round < 5; round++) {
      const other = await user.person(`${how}${round}`, { roles: ['super-admin'] });
      const [first, second] = [await user.signedIn(root), await user.signedIn(other)];
      const answers = await Promise.all([run(body, other.id, first), run(body, root.id, second)]);
      expect(answers.flatMap(codesOf)).toEqual(['CONFLICT']);
      if (answers[0]?.errors) root = other;
    }
  });
});
