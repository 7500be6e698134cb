import { randomUUID } from 'node:crypto';
import type { GatehouseClient } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, eventually, mailbox, registerAndConfirm } from '../gatehouse.ts';
import { publish } from '../publish.ts';

/** On the way over an outbox, a broker and back. */
const withinMs = 15_000;

const tenantOf = async (client: GatehouseClient): Promise<string> =>
  (await client.ask<{ me: { tenant: { id: string } } }>('{ me { tenant { id } } }')).me.tenant.id;

test('what other systems report of a person shows with them, counted once', async () => {
  const { id: userId, client } = await registerAndConfirm();
  const tenantId = await tenantOf(client);
  const query = '{ me { activity { connectedAccounts campaignsCreated lastCampaignAt } } }';
  expect(await client.ask(query)).toEqual({
    me: { activity: { connectedAccounts: 0, campaignsCreated: 0, lastCampaignAt: null } },
  });

  const connected = (accountId: string) =>
    publish({ type: 'account.connected', tenantId, data: { userId, accountId, platform: 'mastodon' } });
  for (const accountId of ['one', 'two', 'one']) await connected(accountId);
  const campaign = { type: 'campaign.created', tenantId, data: { userId, campaignId: 'spring' } };
  // Delivered again, it is the same campaign.
  const eventId = await publish(campaign);
  await publish(campaign, eventId);
  await publish({ ...campaign, data: { userId, campaignId: 'summer' } });
  // Told of somebody else's account, and of nobody's.
  await publish({ ...campaign, tenantId: randomUUID() });
  await publish({ ...campaign, data: { userId: randomUUID(), campaignId: 'winter' } });
  await eventually(async () => {
    expect(await client.ask(query)).toEqual({
      me: { activity: { connectedAccounts: 2, campaignsCreated: 2, lastCampaignAt: expect.any(String) } },
    });
  }, withinMs);
});

test('a plan gives its roles, and takes them with it', async () => {
  const { id: userId, client } = await registerAndConfirm();
  const tenantId = await tenantOf(client);
  const admin = (await administrator()).client;
  const name = `r-${randomUUID().slice(0, 8)}`;
  await admin.ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }', {
    input: { name, permissions: ['users:read'] },
  });
  const update =
    'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { entitlements } } }';
  expect(await admin.ask(update, { input: { name, entitlements: [`pro ${name}`] } })).toEqual({
    updateRole: { role: { entitlements: [`pro ${name}`] } },
  });
  expect(await admin.refusal(update, { input: { name: 'super-admin', entitlements: ['pro'] } })).toBe(
    'BAD_USER_INPUT',
  );
  expect(await client.refusal(update, { input: { name, entitlements: ['free'] } })).toBe('FORBIDDEN');

  const subscribed = (plan: string, features: string[]) =>
    publish({ type: 'subscription.updated', tenantId, data: { userId, plan, features } });
  const roles = async () =>
    (await client.ask<{ me: { roles: { name: string }[] } }>('{ me { roles { name } } }')).me.roles.map(
      (role) => role.name,
    );
  const before = await roles();
  await subscribed('basic', [`pro ${name}`, 'export']);
  await eventually(async () => expect(await roles()).toEqual([...before, name].sort()), withinMs);
  expect(
    await client.ask('{ me { plan { plan features } } users(first: 1) { nodes { id } } }'),
  ).toMatchObject({
    me: { plan: { plan: 'basic', features: [`pro ${name}`, 'export'] } },
  });
  await eventually(async () => {
    const { me } = await client.ask<{ me: { notifications: { nodes: { body: string }[] } } }>(
      '{ me { notifications(first: 20) { nodes { body } } } }',
    );
    expect(me.notifications.nodes.map(({ body }) => body)).toContain(`Added: ${name}.`);
  }, withinMs);

  await subscribed('basic', ['export']);
  await eventually(async () => expect(await roles()).toEqual(before), withinMs);
  await eventually(async () => {
    expect(await client.refusal('{ users(first: 1) { nodes { id } } }')).toBe('FORBIDDEN');
  });
});

test('a broken rule is recorded, told, and restricts by its severity', async () => {
  const ada = await registerAndConfirm();
  const { id: userId, email, password, client } = ada;
  const tenantId = await tenantOf(client);
  const broken = (violationType: string, severity: string) =>
    publish({ type: 'compliance.violation', tenantId, data: { userId, violationType, severity } });
  const told = `{
    securityEvents(first: 20) { nodes { type severity } }
    me { notifications(first: 20) { nodes { body } } }
  }`;
  await broken('sanctions_list', 'low');
  await eventually(async () => {
    const seen = JSON.stringify(await client.ask(told));
    expect(seen).toContain('COMPLIANCE_VIOLATION');
    expect(seen).toContain('A rule was found broken with your account: sanctions list.');
  }, withinMs);

  await broken('chargeback', 'medium');
  await eventually(
    async () => expect(await client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    withinMs,
  );
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const signsIn = () => anyone.refusal(login, { input: { identifier: email, password } });
  expect(await signsIn()).toBeNull();

  await broken('fraud', 'critical');
  await eventually(async () => expect(await signsIn()).not.toBeNull(), withinMs);
  await mailbox.waitForMail({ to: email, subject: /was restricted/ });
  const admin = (await administrator()).client;
  expect(
    await admin.ask('query ($id: ID!) { user(id: $id) { status statusReason } }', { id: userId }),
  ).toEqual({ user: { status: 'DISABLED', statusReason: 'compliance: fraud' } });
  await admin.ask('mutation ($input: EnableUserInput!) { enableUser(input: $input) { user { id } } }', {
    input: { userId },
  });
  await eventually(async () => expect(await signsIn()).toBeNull());
});
