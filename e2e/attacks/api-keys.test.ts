import { appendFileSync, readFileSync } from 'node:fs';
import { openDatabase } from '@gatehouse/data';
import { newApiKey } from '@gatehouse/identity';
import { newPassword, type Person } from '@gatehouse/testkit/clients';
import { sql } from 'drizzle-orm';
import { describe, expect } from 'vitest';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  memberWith,
  otherTenant,
  registerAndConfirm,
  signIn,
  testOf,
} from '../gatehouse.ts';
import { findSecrets } from '../topology/find-secrets.ts';

const test = testOf('apiKeys');

type Made = { apiKey: { id: string }; secret: string };
const createDocument =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }';

async function createKey(by: Person, scopes: string[], input: Record<string, unknown> = {}): Promise<Made> {
  const { createApiKey } = await by.client.ask<{ createApiKey: Made }>(createDocument, {
    input: { name: 'attacked', scopes, ...input },
  });
  return createApiKey;
}

const query = '{ me { id } }';
/** The whole answer, as anybody who compares would see it. */
async function answerTo(headers: Record<string, string>, body = JSON.stringify({ query })) {
  const { data, errors, status } = await anyone.post(body, {}, headers);
  return { data, errors, status };
}
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const refused = {
  data: null,
  errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
  status: 401,
};

const refusalsOf = async (person: Person) => {
  const { securityEvents } = await person.client.ask<{
    securityEvents: { nodes: { details: { reason: string } }[] };
  }>('{ securityEvents(filter: { types: [API_KEY_REFUSED] }) { nodes { details } } }');
  return securityEvents.nodes.map(({ details }) => details.reason);
};

describe('scopes', () => {
  test('can’t be more than the maker’s, when the key is made and ever after', async () => {
    const ada = await registerAndConfirm();
    for (const scope of ['users:read', 'api-keys:write', 'roles:write', 'no:such'])
      expect(
        await ada.client.refusal(createDocument, {
          input: { name: 'more', scopes: ['profile:read', scope] },
        }),
      ).toBe('FORBIDDEN');
    const member = await memberWith(['admin']);
    const { secret } = await createKey(member, ['users:read', 'users:write', 'roles:assign']);
    const { client } = await administrator();
    const change = (mutation: string, role: string) =>
      client.ask(
        `mutation { ${mutation}(input: { userId: "${member.id}", role: "${role}" }) { user { id } } }`,
      );
    await change('assignRole', 'user');
    await change('removeRole', 'admin');
    const takeBack = `mutation { assignRole(input: { userId: "${member.id}", role: "admin" }) { user { id } } }`;
    await eventually(async () => {
      expect(await anyone.as(secret).refusal('{ users { nodes { id } } }')).toBe('FORBIDDEN');
    });
    expect(await anyone.as(secret).refusal(takeBack)).toBe('FORBIDDEN');
  });

  test('are what the key gives on, too: its owner’s other permissions are out of its reach', async () => {
    const member = await memberWith(['admin']);
    const victim = await registerAndConfirm();
    const { secret } = await createKey(member, ['roles:assign', 'users:read']);
    for (const role of ['admin', 'user'])
      expect(
        await anyone
          .as(secret)
          .refusal(
            `mutation { assignRole(input: { userId: "${victim.id}", role: "${role}" }) { user { id } } }`,
          ),
      ).toBe('FORBIDDEN');
  });

  test('without profile:read show nothing of the owner', async () => {
    const ada = await registerAndConfirm();
    const { secret } = await createKey(ada, ['documents:create']);
    const program = anyone.as(secret);
    expect(await program.refusal('{ me { email } }')).toBe('FORBIDDEN');
    expect(await program.refusal('{ securityEvents { nodes { id } } }')).toBe('FORBIDDEN');
    expect(await program.ask('{ documents { nodes { id } } session { id } }')).toEqual({
      documents: { nodes: [] },
      session: null,
    });
    expect(await program.subscribe('subscription { notificationReceived { id } }').ended()).toBe('FORBIDDEN');
  });
});

test('a key does nothing that needs a person: keys, passwords, sessions, signing in', async () => {
  const admin = await administrator();
  const member = await memberWith(['admin']);
  const { session } = await member.client.ask<{ session: { permissions: string[] } }>(
    '{ session { permissions } }',
  );
  const { apiKey, secret } = await createKey(member, session.permissions);
  const program = anyone.as(secret);
  expect(await program.refusal(createDocument, { input: { name: 'next', scopes: ['profile:read'] } })).toBe(
    'FORBIDDEN',
  );
  for (const mutation of [
    `rotateApiKey(input: { apiKeyId: "${apiKey.id}" }) { secret }`,
    `revokeApiKey(input: { apiKeyId: "${apiKey.id}" }) { apiKeyId }`,
    'createClient(input: { name: "next", scopes: ["profile:read"] }) { secret }',
    `changePassword(input: { currentPassword: "${member.password}", newPassword: "${newPassword()}" }) { endedSessions }`,
    'logout',
    'revokeAllSessions { endedSessions }',
    `revokeAllSessions(input: { userId: "${admin.id}" }) { endedSessions }`,
    `revokeSession(input: { sessionId: "${member.tokens.sessionId}" }) { sessionId }`,
    `login(input: { identifier: "${member.email}", password: "${member.password}" }) { __typename }`,
    `refreshToken(input: { refreshToken: "${member.tokens.refreshToken}" }) { accessToken }`,
    `requestPasswordReset(input: { email: "${member.email}" }) { email }`,
    'resetPassword(input: { code: "x", password: "y" }) { endedSessions }',
    'register(input: { email: "by-key@example.com" }) { email }',
    'deactivateUser(input: {}) { user { id } }',
  ])
    expect(await program.refusal(`mutation { ${mutation} }`), mutation).toBe('FORBIDDEN');
  expect(await member.client.refusal(query)).toBeNull();
  expect((await signIn(member)).id).toBe(member.id);
});

describe('one answer, whatever is wrong with a key:', () => {
  test('unknown with a good checksum, mistyped, revoked, expired, of another tenant, from another address', async () => {
    const ada = await registerAndConfirm();
    const olga = await otherTenant.registerAndConfirm();
    const revoked = await createKey(ada, ['profile:read']);
    await ada.client.ask(
      `mutation { revokeApiKey(input: { apiKeyId: "${revoked.apiKey.id}" }) { apiKeyId } }`,
    );
    const expired = await createKey(ada, ['profile:read'], {
      expiresAt: new Date(Date.now() + 1_500).toISOString(),
    });
    expect((await answerTo(bearer(expired.secret))).status).toBe(200);
    const foreign = await createKey(olga, ['profile:read']);
    const elsewhere = await createKey(ada, ['profile:read'], { allowedAddresses: ['203.0.113.0/24'] });
    await new Promise((done) => setTimeout(done, 1_600));

    const unknown = newApiKey();
    const expected = await answerTo(bearer(unknown));
    expect(expected).toEqual(refused);
    const mistyped = `${unknown.slice(0, 20)}${unknown[20] === 'x' ? 'y' : 'x'}${unknown.slice(21)}`;
    for (const [what, secret] of Object.entries({ unknown, mistyped })) {
      expect(await answerTo({ 'x-api-key': secret }), what).toEqual(expected);
    }
    for (const [what, { secret }] of Object.entries({ revoked, expired, foreign, elsewhere })) {
      expect(await answerTo(bearer(secret)), what).toEqual(expected);
      expect(await answerTo({ 'x-api-key': secret }), what).toEqual(expected);
    }
    await eventually(async () => {
      expect((await refusalsOf(ada)).toSorted()).toEqual(['ADDRESS', 'EXPIRED', 'REVOKED']);
      expect(await refusalsOf(olga)).toContain('TENANT');
    });
    expect(await otherTenant.anyone.as(foreign.secret).refusal(query)).toBeNull();
  });

  test('an address is not what a client says of itself, at first or later', async () => {
    const ada = await registerAndConfirm();
    const { secret } = await createKey(ada, ['profile:read'], { allowedAddresses: ['203.0.113.9'] });
    const lies = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'true-client-ip'];
    for (const header of lies) {
      const value = header === 'forwarded' ? 'for=203.0.113.9' : '203.0.113.9';
      expect(await answerTo({ ...bearer(secret), [header]: value }), header).toEqual(refused);
    }
    const here = await createKey(ada, ['profile:read'], { allowedAddresses: ['127.0.0.0/8', '::1'] });
    expect((await answerTo({ ...bearer(here.secret), 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
  });

  test('in two headers, beside a token, twice, in the query string', async () => {
    const ada = await registerAndConfirm();
    const { secret } = await createKey(ada, ['profile:read']);
    expect((await answerTo({ ...bearer(secret), 'x-api-key': secret })).status).toBe(401);
    expect((await answerTo({ ...ada.client.headers, 'x-api-key': secret })).status).toBe(401);
    expect((await answerTo({ 'x-api-key': `${secret}, ${secret}` })).status).toBe(401);
    expect((await answerTo({ 'x-api-key': ada.tokens.accessToken })).status).toBe(401);
    for (const name of ['access_token', 'api_key', 'x-api-key', 'authorization']) {
      const search = new URLSearchParams({ query, [name]: secret });
      const response = await anyone.fetch(`${gatehouse.url}/graphql?${search}`, {
        headers: { 'x-gatehouse-csrf': '1' },
      });
      expect(await response.text()).toContain('UNAUTHENTICATED');
    }
  });
});

test('a key is in no log, no event, no error and no table', async () => {
  const ada = await registerAndConfirm();
  const { apiKey, secret } = await createKey(ada, ['profile:read']);
  appendFileSync(gatehouse.secretsFile, `${secret}\n`);
  const program = anyone.as(secret);
  await program.ask(query);
  const answers = [
    await program.graphql('{ me { nope } }'),
    await program.graphql('{ users { nodes { id } } }'),
    await program.graphql(`{ user(id: "${secret}") { id } }`),
    await ada.client.graphql(`mutation { revokeApiKey(input: { apiKeyId: "${secret}" }) { apiKeyId } }`),
    await ada.client.graphql(`mutation { revokeApiKey(input: { apiKeyId: "${apiKey.id}" }) { apiKeyId } }`),
    await program.graphql(query),
  ];
  expect(JSON.stringify(answers)).not.toContain(secret);
  expect(JSON.stringify(await ada.client.ask('{ securityEvents { nodes { type details } } }'))).not.toContain(
    secret,
  );
  expect(await findSecrets(gatehouse)).toEqual([]);
  expect(readFileSync(gatehouse.logFile, 'utf8')).not.toContain(secret.slice(8));

  const database = openDatabase({
    url: gatehouse.databaseUrl,
    schema: 'auth',
    poolSize: 1,
    applicationName: 'e2e',
  });
  const { rows } = await database.db.execute<{ text: string }>(
    sql`select concat((select string_agg(k::text, '') from auth.api_key k),
      (select string_agg(s::text, '') from auth.api_key_secret s),
      (select string_agg(v::text, '') from platform.key_value v)) as text`,
  );
  await database.close();
  expect(rows[0]?.text).toContain(apiKey.id);
  expect(rows[0]?.text).not.toContain(secret.slice(12));
});
