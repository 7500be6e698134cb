import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ lockoutSeconds: 2, lockoutMaxSeconds: 10 });
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

/** As if time had passed: only what is stored says when something failed. */
const later = (userId: string, seconds: number) =>
  auth.deps.database.pool.query(
    `update auth.credential set
       last_failed_at = last_failed_at - make_interval(secs => $2),
       locked_until = locked_until - make_interval(secs => $2),
       familiar_last_failed_at = familiar_last_failed_at - make_interval(secs => $2),
       familiar_locked_until = familiar_locked_until - make_interval(secs => $2) where user_id = $1`,
    [userId, seconds],
  );

/** Seconds that the newest lock lasts. */
const lockOf = async (userId: string): Promise<number> => {
  const { rows } = await auth.deps.database.pool.query(
    `select extract(epoch from greatest(locked_until, familiar_locked_until) - now())::float as seconds
     from auth.credential where user_id = $1`,
    [userId],
  );
  return Math.ceil(rows[0].seconds);
};

it('locks twice as long each time, up to a ceiling, and begins anew after a quiet time', async () => {
  const mary = await auth.account('mary');
  const lock = async () => {
    for (let n = 0; n < 5; n++) await attempt('mary', 'wrong password');
    const seconds = await lockOf(mary.userId);
    await later(mary.userId, seconds);
    return seconds;
  };
  expect([await lock(), await lock(), await lock(), await lock()]).toEqual([2, 4, 8, 10]);
  await later(mary.userId, 11);
  expect(await lock()).toBe(2);
  await later(mary.userId, 1);
  expect(await attempt('mary')).toBeNull();
  expect(await lock()).toBe(2);
});

it('counts slow guesses too', async () => {
  const slow = await auth.account('slow');
  for (let n = 0; n < 4; n++) {
    await attempt('slow', 'wrong password');
    await later(slow.userId, 5);
  }
  await attempt('slow', 'wrong password');
  expect(await auth.securityEvents(slow.userId)).toContain('ACCOUNT_LOCKED');
});

it('locks nobody out at home for what strangers do, nor lets home guess for ever', async () => {
  const home = anonymous(undefined, '2001:db8:7:7::1');
  const joan = await auth.account('joan');
  await auth.login('joan', home);
  const stranger = anonymous(undefined, '198.51.100.66');
  const at = (caller: typeof home, text = password) =>
    auth.refusal(caller, 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
      input: { identifier: 'joan', password: text },
    });
  for (let n = 0; n < 5; n++) await at(stranger, 'wrong password');
  expect(await at(stranger)).toBe('INVALID_CREDENTIALS');
  // The same /64, another address.
  expect(await at(anonymous(undefined, '2001:db8:7:7:ffff::9'))).toBeNull();
  // What was right at home does not open the door to strangers.
  expect(await at(stranger)).toBe('INVALID_CREDENTIALS');
  for (let n = 0; n < 5; n++) await at(home, 'wrong password');
  expect(await at(home)).toBe('INVALID_CREDENTIALS');
  expect((await auth.securityEvents(joan.userId)).filter((type) => type === 'ACCOUNT_LOCKED')).toHaveLength(
    2,
  );
});

it('forgets failures after a success', async () => {
  await auth.account('kurt');
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 4; n++) await attempt('kurt', 'wrong password');
    expect(await attempt('kurt')).toBeNull();
  }
});
