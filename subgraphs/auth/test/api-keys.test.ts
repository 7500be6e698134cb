import { hash } from 'node:crypto';
import { newId } from '@gatehouse/data';
import { type ApiKeyPrincipal, isApiKey, type Principal, serviceCaller } from '@gatehouse/identity';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxKeys } from '../src/api-keys/create-api-key.ts';
import { cleanUp } from '../src/clean-up.ts';
import { insertSession } from '../src/queries/sessions.ts';
import { as, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

type Caller = ReturnType<typeof as>;
const keyFields = `id name start scopes allowedAddresses user { id } clientId createdBy { id }
  createdAt expiresAt lastUsedAt lastUsedFrom`;

async function someone(name: string, permissions: string[], tenantId = auth.tenant.id) {
  const subject = auth.person(name, { permissions, tenantId });
  const { userId, roles } = subject;
  const session = { id: newId(), userId, tenantId, clientId: 'gatehouse', amr: ['pwd'] };
  await insertSession(auth.deps.database.db, {
    ...session,
    authTime: new Date(),
    ipAddress: null,
    userAgent: null,
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const principal: Principal = {
    kind: 'user',
    userId,
    tenantId,
    sessionId: session.id,
    clientId: session.clientId,
    roles,
    permissions,
    amr: session.amr,
    authTime: 0,
    secondFactor: false,
  };
  return { subject, caller: as(principal) };
}

const create = (caller: Caller, input: Record<string, unknown> = {}) =>
  auth.ask(
    caller,
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { ${keyFields} } } }`,
    { input: { name: 'deployments', scopes: ['profile:read'], ...input } },
  );
const made = async (caller: Caller, input: Record<string, unknown> = {}) => {
  const { data, errors } = await create(caller, input);
  if (errors) throw new Error(JSON.stringify(errors));
  return { id: data.createApiKey.apiKey.id as string, ...data.createApiKey };
};
const rotate = (caller: Caller, apiKeyId: string, graceSeconds?: number) =>
  auth.ask(caller, 'mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret } }', {
    input: { apiKeyId, ...(graceSeconds !== undefined && { graceSeconds }) },
  });
const revoke = (caller: Caller, apiKeyId: string) =>
  auth.refusal(caller, 'mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKeyId } }', {
    input: { apiKeyId },
  });
const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code;

/** What the gateway learns of a key. */
const standing = async (secret: string) => {
  const { data } = await auth.ask(
    serviceCaller('gateway'),
    `query ($hash: String!) { apiKeyByHash(hash: $hash)
      { apiKeyId tenantId subject refusal userId clientId roles permissions allowedAddresses expiresAt } }`,
    { hash: hash('sha256', secret, 'base64url') },
  );
  return data.apiKeyByHash;
};
const keysOf = async (caller: Caller, userId: string) => {
  const { data, errors } = await auth.ask(
    caller,
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { apiKeys { nodes { ${keyFields} } } } } }`,
    { r: [{ __typename: 'User', id: userId }] },
  );
  return errors ? codeOf({ errors }) : data._entities[0].apiKeys.nodes;
};

async function oauthClient(caller: Caller, scopes: string[]) {
  const { data } = await auth.ask(
    caller,
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    { input: { name: 'robot', scopes } },
  );
  return data.createClient.client.id as string;
}

describe('a key of one’s own', () => {
  it('is shown once, kept as a hash, told by mail and in the security events', async () => {
    const { subject, caller } = await someone('ada', ['profile:read', 'users:read']);
    const { id, secret, apiKey } = await made(caller, {
      scopes: ['users:read', 'profile:read', 'users:read'],
      allowedAddresses: ['203.0.113.0/24', '2001:db8::1', '203.0.113.0/24'],
    });
    expect(isApiKey(secret)).toBe(true);
    const days = (Date.parse(apiKey.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
    const expected = {
      id,
      name: 'deployments',
      start: secret.slice(0, 12),
      scopes: ['profile:read', 'users:read'],
      allowedAddresses: ['203.0.113.0/24', '2001:db8::1'],
      user: { id: subject.userId },
      clientId: null,
      createdBy: { id: subject.userId },
      lastUsedAt: null,
      lastUsedFrom: null,
    };
    expect(apiKey).toMatchObject(expected);
    expect(await keysOf(caller, subject.userId)).toMatchObject([expected]);

    const { rows } = await auth.deps.database.db.execute<{ text: string }>(
      sql`select string_agg(row::text, '') as text from (
        select k::text as row from auth.api_key k union all select s::text from auth.api_key_secret s
        union all select e::text from auth.security_event e union all select o::text from auth.outbox o) all_rows`,
    );
    expect(rows[0]?.text).toContain('deployments');
    expect(rows[0]?.text).not.toContain(secret);
    expect(await auth.securityEvents(subject.userId)).toEqual(['API_KEY_CREATED']);
    const mail = await until(() => auth.mails.find(({ to }) => to === subject.email));
    expect(mail).toMatchObject({
      template: 'API_KEY_CREATED',
      parameters: { name: 'deployments', start: secret.slice(0, 12), ipAddress: '192.0.2.1' },
    });
    expect(JSON.stringify(mail)).not.toContain(secret);
  });

  it('does what its scopes and its owner’s permissions of this moment have in common', async () => {
    const { subject, caller } = await someone('bob', ['profile:read', 'users:read', 'users:write']);
    const { id, secret } = await made(caller, { scopes: ['users:read', 'users:write'] });
    expect(await standing(secret)).toMatchObject({
      apiKeyId: id,
      tenantId: auth.tenant.id,
      subject: subject.userId,
      refusal: null,
      userId: subject.userId,
      clientId: null,
      permissions: ['users:read', 'users:write'],
    });
    subject.permissions = ['users:write', 'roles:write'];
    expect((await standing(secret)).permissions).toEqual(['users:write']);
    subject.permissions = [];
    expect((await standing(secret)).permissions).toEqual([]);
    subject.status = 'DISABLED';
    expect(await standing(secret)).toMatchObject({ refusal: 'OWNER', permissions: [] });
    subject.status = 'ACTIVE';
    expect((await standing(secret)).refusal).toBeNull();
    subject.tenantId = auth.otherTenant.id;
    expect((await standing(secret)).refusal).toBe('OWNER');
  });

  it.each([
    ['a scope that the caller does not hold', { scopes: ['users:write'] }, 'FORBIDDEN'],
    ['one more than they hold', { scopes: ['profile:read', 'api-keys:write'] }, 'FORBIDDEN'],
    ['no scope', { scopes: [] }, 'BAD_USER_INPUT'],
    ['a scope that is no name', { scopes: ['everything'] }, 'BAD_USER_INPUT'],
    ['no name', { name: ' ' }, 'BAD_USER_INPUT'],
    ['a name with control characters', { name: 'a\u0007b' }, 'BAD_USER_INPUT'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00.000Z' }, 'BAD_USER_INPUT'],
    ['an end after the longest life', { expiresAt: '2126-01-01T00:00:00.000Z' }, 'BAD_USER_INPUT'],
    ['an address that is none', { allowedAddresses: ['203.0.113.0/33'] }, 'BAD_USER_INPUT'],
    ['a host name', { allowedAddresses: ['example.com'] }, 'BAD_USER_INPUT'],
    ['a client without the permission', { clientId: newId() }, 'FORBIDDEN'],
  ])('is refused with %s', async (name, input, code) => {
    const { subject, caller } = await someone(`refused ${name}`, ['profile:read']);
    expect(codeOf(await create(caller, input))).toBe(code);
    expect(await keysOf(caller, subject.userId)).toEqual([]);
  });

  it('takes an end within the longest life', async () => {
    const { caller } = await someone('eve', ['profile:read']);
    const expiresAt = new Date(Date.now() + 360 * 86_400_000).toISOString();
    expect((await made(caller, { expiresAt })).apiKey.expiresAt).toBe(expiresAt);
  });

  it('is one of a bounded number, however many are made at once', async () => {
    const { subject, caller } = await someone('many', ['profile:read']);
    const codes = await Promise.all(
      Array.from({ length: maxKeys + 10 }, async () => codeOf(await create(caller)) ?? 'made'),
    );
    expect(codes.filter((code) => code === 'made')).toHaveLength(maxKeys);
    expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(10);
    const { rows } = await auth.deps.database.db.execute<{ n: number }>(
      sql`select count(*)::int as n from auth.api_key where user_id = ${subject.userId}`,
    );
    expect(rows[0]?.n).toBe(maxKeys);
  });
});

describe('a key needs a person:', () => {
  const asKey = (principal: Partial<ApiKeyPrincipal> & { tenantId: string }): Caller =>
    as({
      kind: 'api-key',
      apiKeyId: newId(),
      userId: null,
      clientId: null,
      roles: [],
      permissions: [],
      ...principal,
    });
  const everything = ['api-keys:write', 'api-keys:read', 'clients:write', 'users:write', 'profile:read'];

  it('a key makes, rotates and revokes none, and opens, changes and ends nothing that is a person’s', async () => {
    const { subject, caller } = await someone('carol', everything);
    const { id } = await made(caller);
    const { tenantId, userId } = subject;
    const key = asKey({ tenantId, userId, permissions: everything });
    expect(codeOf(await create(key))).toBe('FORBIDDEN');
    expect(codeOf(await rotate(key, id))).toBe('FORBIDDEN');
    expect(await revoke(key, id)).toBe('FORBIDDEN');
    for (const mutation of [
      'createClient(input: { name: "robot", scopes: ["users:write"] }) { secret }',
      'changePassword(input: { currentPassword: "a", newPassword: "b" }) { endedSessions }',
      'logout',
      'revokeAllSessions { endedSessions }',
      `revokeSession(input: { sessionId: "${newId()}" }) { sessionId }`,
      'login(input: { identifier: "carol", password: "x" }) { __typename }',
      'refreshToken(input: { refreshToken: "x" }) { sessionId }',
      'requestPasswordReset(input: { email: "carol@example.com" }) { email }',
      'resetPassword(input: { code: "x", password: "y" }) { endedSessions }',
      'resendConfirmation(input: { email: "carol@example.com" }) { email }',
      'confirmRegistration(input: { code: "x" }) { __typename }',
    ]) {
      expect(await auth.refusal(key, `mutation { ${mutation} }`), mutation).toBe('FORBIDDEN');
    }
    expect(
      await auth.refusal(key, `mutation { unlockUser(input: { userId: "${userId}" }) { user { id } } }`),
    ).toBeNull();
  });

  it('is no session, and sees what is its owner’s only with profile:read', async () => {
    const { subject, caller } = await someone('dave', ['profile:read', 'users:read']);
    await made(caller);
    const { tenantId, userId } = subject;
    const [reader, stranger] = [['profile:read'], ['users:read']].map((permissions) =>
      asKey({ tenantId, userId, permissions }),
    ) as [Caller, Caller];
    for (const key of [reader, stranger]) {
      expect((await auth.ask(key, '{ session { id } }')).data).toEqual({ session: null });
    }
    const events = '{ securityEvents { nodes { type } } }';
    expect((await auth.ask(reader, events)).data.securityEvents.nodes).toEqual([{ type: 'API_KEY_CREATED' }]);
    expect(await auth.refusal(stranger, events)).toBe('FORBIDDEN');
    expect(await keysOf(reader, userId)).toHaveLength(1);
    expect(await keysOf(stranger, userId)).toBe('FORBIDDEN');
  });
});

describe('a key of a client', () => {
  const rights = ['clients:write', 'api-keys:write', 'api-keys:read', 'users:read', 'users:write'];

  it('acts as the client, with no more than it has now, and ends with it', async () => {
    const { subject, caller } = await someone('root', rights);
    const clientId = await oauthClient(caller, ['users:read', 'users:write']);
    const { apiKey, secret } = await made(caller, { clientId, scopes: ['users:read'] });
    expect(apiKey).toMatchObject({ user: null, clientId, createdBy: { id: subject.userId } });
    const known = { subject: clientId, userId: null, clientId, permissions: ['users:read'], refusal: null };
    expect(await standing(secret)).toMatchObject(known);
    await auth.deps.database.db.execute(
      sql`update auth.oauth_client set scopes = '{users:write}' where id = ${clientId}`,
    );
    expect((await standing(secret)).permissions).toEqual([]);
    auth.revocations.length = 0;
    await auth.ask(caller, `mutation { deleteClient(input: { clientId: "${clientId}" }) { clientId } }`);
    expect(await standing(secret)).toMatchObject({ refusal: 'REVOKED', permissions: [] });
    await until(() => auth.revocations.some(({ userId }) => userId === clientId));
  });

  it('has only scopes of the client and of whoever makes or rotates it', async () => {
    const { caller } = await someone('root2', rights);
    const clientId = await oauthClient(caller, ['users:read', 'users:write']);
    expect(codeOf(await create(caller, { clientId, scopes: ['api-keys:read'] }))).toBe('BAD_USER_INPUT');
    expect(codeOf(await create(caller, { clientId, scopes: ['roles:write'] }))).toBe('FORBIDDEN');
    expect(codeOf(await create(caller, { clientId: newId(), scopes: ['users:read'] }))).toBe('NOT_FOUND');
    const { id } = await made(caller, { clientId, scopes: ['users:write'] });
    const lesser = await someone('lesser', ['api-keys:write', 'users:read']);
    expect(codeOf(await rotate(lesser.caller, id))).toBe('FORBIDDEN');
    const foreign = await someone('foreign', rights, auth.otherTenant.id);
    expect(codeOf(await create(foreign.caller, { clientId, scopes: ['users:read'] }))).toBe('NOT_FOUND');
    expect(codeOf(await rotate(foreign.caller, id))).toBe('NOT_FOUND');
    expect(await revoke(foreign.caller, id)).toBe('NOT_FOUND');
    expect(codeOf(await rotate(caller, id))).toBeUndefined();
    expect(await revoke(lesser.caller, id)).toBeNull();
  });
});

describe('rotation', () => {
  it('without a grace ends the secret before it', async () => {
    const { subject, caller } = await someone('rick', ['profile:read']);
    const { id, secret } = await made(caller);
    auth.revocations.length = 0;
    const { data } = await rotate(caller, id);
    const next = data.rotateApiKey.secret as string;
    expect(await standing(secret)).toMatchObject({ apiKeyId: id, refusal: 'EXPIRED', permissions: [] });
    expect(await standing(next)).toMatchObject({ apiKeyId: id, refusal: null });
    expect(await keysOf(caller, subject.userId)).toMatchObject([{ id, start: next.slice(0, 12) }]);
    expect(await auth.securityEvents(subject.userId)).toEqual(['API_KEY_CREATED', 'API_KEY_ROTATED']);
    await until(() => auth.revocations.some(({ userId }) => userId === subject.userId));
  });

  it('with a grace lets it stand for so long, and no later rotation lengthens that', async () => {
    const { caller } = await someone('rita', ['profile:read']);
    const { id, secret, apiKey } = await made(caller);
    const second = (await rotate(caller, id, 60)).data.rotateApiKey.secret as string;
    const third = (await rotate(caller, id, 3_600)).data.rotateApiKey.secret as string;
    const left = async (text: string) => (await standing(text)).expiresAt - Date.now() / 1000;
    expect((await standing(secret)).refusal).toBeNull();
    expect(await left(secret)).toBeLessThan(61);
    expect(await left(second)).toBeGreaterThan(3_500);
    expect((await standing(third)).expiresAt).toBe(Math.floor(Date.parse(apiKey.expiresAt) / 1000));
    await rotate(caller, id, 0);
    for (const text of [secret, second, third]) expect((await standing(text)).refusal).toBe('EXPIRED');
  });

  it.each([-1, 86_401])('takes no grace of %d seconds', async (grace) => {
    const { caller } = await someone(`grace ${grace}`, ['profile:read']);
    const { id } = await made(caller);
    expect(codeOf(await rotate(caller, id, grace))).toBe('BAD_USER_INPUT');
  });

  it('is the owner’s: an administrator revokes the keys of others, and gets none of their secrets', async () => {
    const { caller } = await someone('owner', ['profile:read']);
    const { id, secret } = await made(caller);
    const other = await someone('other', ['profile:read']);
    const admin = await someone('admin', ['api-keys:write', 'api-keys:read', 'profile:read']);
    expect(codeOf(await rotate(other.caller, id))).toBe('NOT_FOUND');
    expect(await revoke(other.caller, id)).toBe('NOT_FOUND');
    expect(codeOf(await rotate(admin.caller, id))).toBe('NOT_FOUND');
    expect(await revoke(admin.caller, id)).toBeNull();
    expect((await standing(secret)).refusal).toBe('REVOKED');
    expect(await revoke(admin.caller, id)).toBe('NOT_FOUND');
    expect(codeOf(await rotate(caller, id))).toBe('NOT_FOUND');
  });

  it('many times at once leaves one secret that goes on', async () => {
    const { caller } = await someone('busy', ['profile:read']);
    const { id, secret } = await made(caller);
    const answers = await Promise.all(Array.from({ length: 20 }, () => rotate(caller, id)));
    const secrets = [secret, ...answers.map(({ data }) => data.rotateApiKey.secret as string)];
    const refusals = await Promise.all(secrets.map(async (text) => (await standing(text)).refusal));
    expect(refusals.filter((refusal) => refusal === null)).toHaveLength(1);
  });
});

describe('the gateway', () => {
  it('learns nothing of what is no key', async () => {
    expect(await standing('gh_live_nothing')).toBeNull();
    const { data } = await auth.ask(serviceCaller('gateway'), '{ apiKeyByHash(hash: "%") { apiKeyId } }');
    expect(data.apiKeyByHash).toBeNull();
    const { caller } = await someone('curious', ['api-keys:read']);
    expect(await auth.refusal(caller, '{ apiKeyByHash(hash: "x") { apiKeyId } }')).toBe('FORBIDDEN');
  });

  it('tells of the last use, noted once a minute', async () => {
    const { subject, caller } = await someone('used', ['profile:read']);
    const { id } = await made(caller);
    const use = (usedAt: string, ipAddress: string) =>
      auth.ask(
        serviceCaller('gateway'),
        'mutation ($uses: [ApiKeyUse!]!) { recordApiKeyUses(uses: $uses) }',
        {
          uses: [
            { apiKeyId: id, usedAt, ipAddress },
            { apiKeyId: newId(), usedAt, ipAddress },
          ],
        },
      );
    const last = async () => {
      const [{ lastUsedAt, lastUsedFrom }] = await keysOf(caller, subject.userId);
      return [lastUsedAt, lastUsedFrom];
    };
    await use('2026-11-22T10:00:00.000Z', '203.0.113.9');
    await use('2026-11-22T10:00:30.000Z', '203.0.113.10');
    expect(await last()).toEqual(['2026-11-22T10:00:00.000Z', '203.0.113.9']);
    await use('2026-11-22T10:01:00.000Z', '203.0.113.11');
    expect(await last()).toEqual(['2026-11-22T10:01:00.000Z', '203.0.113.11']);
  });

  it('tells of refusals, which become an event a minute for each reason', async () => {
    const { subject, caller } = await someone('tried', ['profile:read']);
    const { id: apiKeyId } = await made(caller);
    const refuse = (reason: string, tenantId = subject.tenantId) =>
      auth.ask(
        serviceCaller('gateway'),
        'mutation ($input: ApiKeyRefusalInput!) { recordApiKeyRefusal(input: $input) }',
        { input: { apiKeyId, tenantId, reason, ipAddress: '203.0.113.9', userAgent: 'curl' } },
      );
    for (const reason of ['ADDRESS', 'ADDRESS', 'EXPIRED']) await refuse(reason);
    await refuse('REVOKED', auth.otherTenant.id);
    const types = await auth.securityEvents(subject.userId);
    expect(types).toEqual(['API_KEY_CREATED', 'API_KEY_REFUSED', 'API_KEY_REFUSED']);
  });
});

it('keys end with their owner’s account, and are forgotten a month later', async () => {
  const { subject, caller } = await someone('leaver', ['profile:read']);
  const { id, secret } = await made(caller);
  const { userId, tenantId } = subject;
  await auth.deps.bus.publish([
    {
      specversion: '1.0',
      id: newId(),
      source: 'user',
      type: 'user.deleted',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: tenantId,
      data: { userId, deletionReason: null, deletedBy: 'system', retentionPolicy: 'P30D' },
    },
  ] as never);
  await until(async () => (await standing(secret)).refusal === 'REVOKED');
  await cleanUp(auth.services);
  expect(await standing(secret)).not.toBeNull();
  await auth.deps.database.db.execute(
    sql`update auth.api_key set revoked_at = now() - interval '31 days' where id = ${id}`,
  );
  await cleanUp(auth.services);
  expect(await standing(secret)).toBeNull();
});
