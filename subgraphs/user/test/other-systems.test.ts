import { newId } from '@gatehouse/data';
import type { EventType } from '@gatehouse/events';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eraseUsers } from '../src/erase-users.ts';
import { accountConnected } from '../src/reactions/account-connected.ts';
import { complianceViolated } from '../src/reactions/compliance-violated.ts';
import { subscriptionUpdated } from '../src/reactions/subscription-updated.ts';
import { startUser, type TestUser } from './harness.ts';

let user: TestUser;
const subscriptions: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  user = await startUser();
  for (const reaction of [accountConnected, subscriptionUpdated, complianceViolated])
    subscriptions.push(await reaction(user.deps));
});
afterAll(async () => {
  await Promise.all(subscriptions.map((one) => one.stop()));
  await user.stop();
});

const tell = (type: EventType, userId: string, data: object, time = new Date()) =>
  user.deps.bus.publish([
    {
      specversion: '1.0',
      id: newId(),
      source: '/another-system',
      type,
      subject: userId,
      time: time.toISOString(),
      datacontenttype: 'application/json',
      tenantid: user.tenant.id,
      data: { userId, ...data },
    },
  ]);
const rows = async (text: string, ...values: unknown[]) =>
  (await user.deps.database.pool.query(text, values)).rows;
const rolesOf = async (userId: string): Promise<string[]> =>
  (
    await rows(
      'select name from user_roles join roles on roles.id = role_id where user_id = $1 order by name',
      userId,
    )
  ).map(({ name }) => name);
const planOf = async (userId: string) =>
  (await rows('select plan from user_plans where user_id = $1', userId))[0]?.plan;

const updateRole =
  'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { entitlements } } }';

it('a plan takes only the roles that plans have given, and an older one is no news', async () => {
  const root = await user.signedIn(await user.person('root', { roles: ['super-admin'] }));
  for (const name of ['silver', 'gold']) {
    await user.ask(
      root,
      'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }',
      {
        input: { name },
      },
    );
    const { data } = await user.ask(root, updateRole, {
      input: { name, entitlements: [name, 'both', name] },
    });
    expect(data.updateRole.role.entitlements).toEqual(['both', name]);
  }
  const ada = await user.person('ada', { roles: ['user', 'silver'] });
  const now = Date.now();
  await tell('subscription.updated', ada.id, { plan: 'both', features: [] }, new Date(now));
  await vi.waitFor(async () => expect(await rolesOf(ada.id)).toEqual(['gold', 'silver', 'user']), 5_000);
  await tell('subscription.updated', ada.id, { plan: 'none', features: [] }, new Date(now - 60_000));
  await tell('subscription.updated', ada.id, { plan: 'free', features: ['silver'] }, new Date(now + 1_000));
  await vi.waitFor(async () => expect(await planOf(ada.id)).toBe('free'), 5_000);
  expect(await rolesOf(ada.id)).toEqual(['silver', 'user']);
  const told = (await user.events()).filter(
    ({ type, subject }) => type === 'user.roles_changed' && subject === ada.id,
  );
  expect(told.map(({ data }) => data)).toEqual([
    { userId: ada.id, added: ['gold'], removed: [], changedBy: 'subscription' },
    { userId: ada.id, added: [], removed: ['gold'], changedBy: 'subscription' },
  ]);
});

it('who may not give a role may not have a plan give it', async () => {
  const root = await user.signedIn(await user.person('root2', { roles: ['super-admin'] }));
  const writer = { name: 'role-writer', permissions: ['roles:read', 'roles:write'] };
  await user.ask(root, 'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }', {
    input: writer,
  });
  const caller = await user.signedIn(await user.person('writer', { roles: ['role-writer'] }));
  const refused = await user.ask(caller, updateRole, {
    input: { name: 'role-writer', entitlements: ['free'] },
  });
  expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const admins = await user.ask(caller, updateRole, { input: { name: 'admin', entitlements: ['free'] } });
  expect(admins.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});

it('a violation never takes a tenant its last super-administrator', async () => {
  const alone = await user.person('alone', { roles: ['super-admin'] });
  await user.deps.database.pool.query(
    `update users set status = 'DISABLED' where id <> $1 and id in (
       select user_id from user_roles join roles on roles.id = role_id where name = 'super-admin')`,
    [alone.id],
  );
  const statusOf = async (userId: string) =>
    (await rows('select status, status_reason from users where id = $1', userId))[0];
  await tell('compliance.violation', alone.id, { violationType: 'fraud', severity: 'critical' });
  const other = await user.person('other');
  await tell('compliance.violation', other.id, { violationType: 'fraud', severity: 'high' });
  await vi.waitFor(
    async () =>
      expect(await statusOf(other.id)).toEqual({ status: 'DISABLED', status_reason: 'compliance: fraud' }),
    5_000,
  );
  await vi.waitFor(
    async () =>
      expect(
        await rows('select 1 from processed_event where group_name = $1', 'user.compliance'),
      ).toHaveLength(2),
    5_000,
  );
  expect(await statusOf(alone.id)).toEqual({ status: 'ACTIVE', status_reason: null });
});

it('what was told of somebody is erased with them', async () => {
  const gone = await user.person('gone');
  await tell('account.connected', gone.id, { accountId: 'a', platform: 'mastodon' });
  await tell('subscription.updated', gone.id, { plan: 'free', features: [] });
  const known = () =>
    rows(
      'select user_id from connected_accounts where user_id = $1 union all select user_id from user_plans where user_id = $1',
      gone.id,
    );
  await vi.waitFor(async () => expect(await known()).toHaveLength(2), 5_000);
  await user.deps.database.pool.query(
    `update users set status = 'DELETED', deleted_at = now(), erase_at = now() where id = $1`,
    [gone.id],
  );
  await eraseUsers(user.deps.database);
  expect(await known()).toEqual([]);
});
