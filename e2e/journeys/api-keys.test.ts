import type { Person } from '@gatehouse/testkit/clients';
import { describe, expect } from 'vitest';
import {
  administrator,
  anyone,
  eventually,
  mailbox,
  memberWith,
  registerAndConfirm,
  testOf,
} from '../gatehouse.ts';
import { openStream } from '../open-stream.ts';

const test = testOf('apiKeys');

type Key = {
  id: string;
  name: string;
  start: string;
  lastUsedAt: string | null;
  lastUsedFrom: string | null;
};
type Made = { apiKey: Key; secret: string };

const keyFields = 'id name start scopes expiresAt lastUsedAt lastUsedFrom user { email } clientId';

async function createKey(by: Person, input: Record<string, unknown> = {}): Promise<Made> {
  const { createApiKey } = await by.client.ask<{ createApiKey: Made }>(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { ${keyFields} } } }`,
    { input: { name: 'deployments', scopes: ['profile:read'], ...input } },
  );
  return createApiKey;
}

async function rotateKey(by: Person, apiKeyId: string, graceSeconds = 0): Promise<string> {
  const { rotateApiKey } = await by.client.ask<{ rotateApiKey: { secret: string } }>(
    'mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret } }',
    { input: { apiKeyId, graceSeconds } },
  );
  return rotateApiKey.secret;
}

const revokeKey = (by: Person, apiKeyId: string) =>
  by.client.ask('mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKeyId } }', {
    input: { apiKeyId },
  });

const refusalOf = (secret: string, document = '{ me { id } }') => anyone.as(secret).refusal(document);

test('a person makes a key; a program acts as them with it, and they see that it does', async () => {
  const ada = await registerAndConfirm({ firstName: 'Ada' });
  const { apiKey, secret } = await createKey(ada);
  expect(secret).toMatch(/^gh_live_[0-9A-Za-z]{38}$/);
  const mail = await mailbox.waitForMail({ to: ada.email, subject: /API key/ });
  expect(mail.text.replaceAll('\n', ' ')).toContain(`deployments, which begins with ${apiKey.start}`);
  expect(mail.text).not.toContain(secret);

  const program = anyone.as(secret);
  expect(await program.ask('{ me { id email } session { id } }')).toEqual({
    me: { id: ada.id, email: ada.email },
    session: null,
  });
  const response = await anyone.post(JSON.stringify({ query: '{ me { id } }' }), {}, { 'x-api-key': secret });
  expect(response.data).toEqual({ me: { id: ada.id } });
  expect(response.headers.get('ratelimit-policy')).toContain('"api-key"');

  await eventually(async () => {
    const { me } = await ada.client.ask<{ me: { apiKeys: { nodes: Key[] } } }>(
      `{ me { apiKeys { nodes { ${keyFields} } } } }`,
    );
    expect(me.apiKeys.nodes).toHaveLength(1);
    expect(me.apiKeys.nodes[0]).toMatchObject({ id: apiKey.id, start: secret.slice(0, 12) });
    expect(me.apiKeys.nodes[0]?.lastUsedAt).not.toBeNull();
    expect(me.apiKeys.nodes[0]?.lastUsedFrom).toMatch(/127\.0\.0\.1|::1/);
  });
});

describe.each(['websocket', 'sse'] as const)('a stream over %s, opened with a key,', (transport) => {
  test('outlives a rotation with a grace, and ends when the key is revoked', async () => {
    const ada = await registerAndConfirm();
    const { apiKey, secret } = await createKey(ada);
    const stream = await openStream(ada, anyone.as(secret), transport);
    await rotateKey(ada, apiKey.id, 3_600);
    await eventually(async () => expect((await stream.next()).securityEvents.type).toBe('API_KEY_ROTATED'));
    const newest = await rotateKey(ada, apiKey.id, 3_600);
    for (const standing of [secret, newest]) expect(await refusalOf(standing)).toBeNull();

    await revokeKey(ada, apiKey.id);
    expect(await stream.ended()).toBe('SESSION_REVOKED');
    await eventually(async () => {
      for (const gone of [secret, newest]) expect(await refusalOf(gone)).toBe('UNAUTHENTICATED');
    });
    stream.close();
  });

  test('ends when the key is rotated without a grace', async () => {
    const ada = await registerAndConfirm();
    const { apiKey, secret } = await createKey(ada);
    const stream = await openStream(ada, anyone.as(secret), transport);
    const next = await rotateKey(ada, apiKey.id);
    // The event of the rotation itself may still arrive.
    expect(await stream.ended()).toBe('SESSION_REVOKED');
    await eventually(async () => expect(await refusalOf(secret)).toBe('UNAUTHENTICATED'));
    expect(await refusalOf(next)).toBeNull();
    stream.close();
  });
});

test('a key loses what its owner loses, and everything when they are disabled', async () => {
  const admin = await administrator();
  const member = await memberWith(['admin']);
  const { secret } = await createKey(member, { scopes: ['users:read', 'profile:read'] });
  const readUsers = '{ users(first: 1) { nodes { id } } }';
  expect(await refusalOf(secret, readUsers)).toBeNull();
  const change = (mutation: string, input: string) =>
    admin.client.ask(`mutation { ${mutation}(input: { userId: "${member.id}"${input} }) { user { id } } }`);

  await change('assignRole', ', role: "user"');
  await change('removeRole', ', role: "admin"');
  await eventually(async () => expect(await refusalOf(secret, readUsers)).toBe('FORBIDDEN'));
  expect(await refusalOf(secret)).toBeNull();
  await change('assignRole', ', role: "admin"');
  await eventually(async () => expect(await refusalOf(secret, readUsers)).toBeNull());

  const stream = await openStream(member, anyone.as(secret));
  await change('disableUser', '');
  expect(await stream.ended()).toBe('SESSION_REVOKED');
  await eventually(async () => expect(await refusalOf(secret)).toBe('UNAUTHENTICATED'));
  stream.close();
});

test('an administrator makes a key for a program, which acts as a client of the tenant', async () => {
  const admin = await administrator();
  const { createClient } = await admin.client.ask<{ createClient: { client: { id: string } } }>(
    `mutation { createClient(input: { name: "reports", scopes: ["users:read", "users:write"] }) { client { id } } }`,
  );
  const clientId = createClient.client.id;
  const { apiKey, secret } = await createKey(admin, { clientId, scopes: ['users:read'] });
  expect(apiKey).toMatchObject({ user: null, clientId });
  const program = anyone.as(secret);
  const { me, users } = await program.ask<{ me: null; users: { nodes: unknown[] } }>(
    '{ me { id } users(first: 1) { nodes { id } } }',
  );
  expect(me).toBeNull();
  expect(users.nodes).toHaveLength(1);
  expect(
    await program.refusal('mutation { addUser(input: { email: "a@example.com" }) { user { id } } }'),
  ).toBe('FORBIDDEN');
  const { apiKeys } = await admin.client.ask<{ apiKeys: { nodes: Key[] } }>(
    '{ apiKeys(first: 100) { nodes { id } } }',
  );
  expect(apiKeys.nodes.map(({ id }) => id)).toContain(apiKey.id);

  await admin.client.ask(`mutation { deleteClient(input: { clientId: "${clientId}" }) { clientId } }`);
  await eventually(async () => expect(await refusalOf(secret)).toBe('UNAUTHENTICATED'));
});
