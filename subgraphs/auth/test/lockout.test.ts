import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ lockoutSeconds: 2 });
});
afterAll(() => auth.stop());

const attempt = (identifier: string, text = password) =>
  auth.refusal(anonymous(), 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
    input: { identifier, password: text },
  });

it('refuses every reason alike, after exactly one comparison', async () => {
  await auth.account('active');
  await auth.account('pending', { status: 'PENDING' });
  await auth.account('disabled', { status: 'DISABLED' });
  await auth.account('deactivated', { status: 'DEACTIVATED' });
  await auth.account('deleted', { status: 'DELETED' });
  auth.person('invited', { status: 'PENDING' });
  const attempts: [string, string][] = [
    ['nobody', password],
    ['nobody@example.com', password],
    ['active', 'wrong password'],
    ['active', 'x'.repeat(200)],
    ['pending', password],
    ['disabled', password],
    ['deactivated', password],
    ['deleted', password],
    ['invited', password],
  ];
  for (const [identifier, text] of attempts) {
    auth.compared.length = 0;
    expect(await attempt(identifier, text)).toBe('INVALID_CREDENTIALS');
    expect(auth.compared).toHaveLength(1);
  }
  const rows = await auth.deps.database.pool.query(
    "select user_id, details::text from auth.security_event where type = 'LOGIN_FAILED'",
  );
  expect(rows.rows).toHaveLength(attempts.length);
  expect(JSON.stringify(rows.rows)).not.toContain('nobody');
});

it('locks after five failures, tells the holder, and opens by time', async () => {
  const ada = await auth.account('ada');
  for (let n = 0; n < 5; n++) expect(await attempt('ada', 'wrong password')).toBe('INVALID_CREDENTIALS');
  expect(await attempt('ada')).toBe('INVALID_CREDENTIALS');
  expect(await auth.securityEvents(ada.userId)).toEqual([
    ...Array(5).fill('LOGIN_FAILED'),
    'ACCOUNT_LOCKED',
    'LOGIN_FAILED',
  ]);
  const mail = await until(() => auth.mails.find(({ to }) => to === ada.email));
  expect(mail).toMatchObject({ template: 'ACCOUNT_LOCKED', parameters: { firstName: 'Ada' } });
  expect(new Date(mail.parameters.lockedUntil ?? '').getTime()).toBeGreaterThan(Date.now());
  await until(async () => (await attempt('ada')) === null);
});

it('looks at no more than five guesses, however many come at once', async () => {
  const grace = await auth.account('grace');
  const guesses = [...Array.from({ length: 40 }, (_, n) => `wrong guess ${n}`), password];
  const outcomes = await Promise.all(guesses.map((guess) => attempt('grace', guess)));
  const events = await auth.securityEvents(grace.userId);
  const locked = events.indexOf('ACCOUNT_LOCKED');
  expect(events.filter((type) => type === 'ACCOUNT_LOCKED')).toHaveLength(1);
  // The right one among them counts only if it was ready before the lock.
  if (outcomes.includes(null)) expect(events.indexOf('LOGIN_SUCCEEDED')).toBeLessThan(locked);
  expect(await attempt('grace')).toBe('INVALID_CREDENTIALS');
});

it('is lifted by an administrator', async () => {
  const alan = await auth.account('alan');
  const root = await auth.account('root', { permissions: ['users:write', 'users:read'] });
  for (let n = 0; n < 5; n++) await attempt('alan', 'wrong password');
  const caller = as(await auth.principal((await auth.login('root')).accessToken));
  const lock =
    '{ _entities(representations: [{ __typename: "User", id: "ID" }]) { ... on User { lockedUntil lastLoginAt } } }';
  const seen = await auth.ask(caller, lock.replace('ID', alan.userId));
  expect(seen.data._entities[0].lockedUntil).toEqual(expect.any(String));
  const { data } = await auth.ask(
    caller,
    'mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id lockedUntil } } }',
    { input: { userId: alan.userId } },
  );
  expect(data.unlockUser.user).toEqual({ id: alan.userId, lockedUntil: null });
  expect(await attempt('alan')).toBeNull();
  expect(await auth.securityEvents(alan.userId)).toContain('ACCOUNT_UNLOCKED');
  const stranger = await auth.account('stranger', { tenantId: auth.otherTenant.id });
  expect(
    await auth.refusal(
      caller,
      'mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id } } }',
      { input: { userId: stranger.userId } },
    ),
  ).toBe('NOT_FOUND');
  expect(root.userId).not.toBe(alan.userId);
});

it('forgets failures after a success', async () => {
  await auth.account('kurt');
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 4; n++) await attempt('kurt', 'wrong password');
    expect(await attempt('kurt')).toBeNull();
  }
});
