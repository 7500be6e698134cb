import { newId } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { as, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const callerOf = async (accessToken: string) => as(await auth.principal(accessToken));

const sessionsOf = (caller: ReturnType<typeof as>, userId: string, page = 'first: 20') =>
  auth.ask(
    caller,
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
       sessions(${page}) { nodes { id current ipAddress } pageInfo { hasNextPage endCursor } } } } }`,
    { r: [{ __typename: 'User', id: userId }] },
  );

it('lists open sessions in pages, the own only or with sessions:read', async () => {
  const ada = await auth.account('ada');
  const tokens = [];
  for (let n = 0; n < 5; n++) tokens.push(await auth.login('ada'));
  const caller = await callerOf(tokens[4]?.accessToken ?? '');
  const { sessions } = (await sessionsOf(caller, ada.userId, 'first: 2')).data._entities[0];
  expect(sessions.nodes.map(({ id }: { id: string }) => id)).toEqual([
    tokens[4]?.sessionId,
    tokens[3]?.sessionId,
  ]);
  expect(sessions.nodes.map(({ current }: { current: boolean }) => current)).toEqual([true, false]);
  const rest = await sessionsOf(caller, ada.userId, `first: 9, after: "${sessions.pageInfo.endCursor}"`);
  expect(rest.data._entities[0].sessions.nodes).toHaveLength(3);

  const grace = await auth.account('grace');
  const stranger = await callerOf((await auth.login('grace')).accessToken);
  expect((await sessionsOf(stranger, ada.userId)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  grace.permissions = ['sessions:read', 'sessions:revoke'];
  const reader = await callerOf((await auth.login('grace')).accessToken);
  expect((await sessionsOf(reader, ada.userId)).data._entities[0].sessions.nodes).toHaveLength(5);
  const elsewhere = as({ ...(reader.principal as Principal), tenantId: auth.otherTenant.id });
  expect((await sessionsOf(elsewhere, ada.userId)).data._entities[0].sessions.nodes).toEqual([]);
});

it('ends the current session at logout', async () => {
  const alan = await auth.account('alan');
  const tokens = await auth.login('alan');
  const caller = await callerOf(tokens.accessToken);
  expect((await auth.ask(caller, 'mutation { logout }')).data).toEqual({ logout: true });
  expect(await auth.principal(tokens.accessToken)).toBeNull();
  expect((await auth.refresh(tokens.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
  expect((await auth.ask(caller, 'mutation { logout }')).data).toEqual({ logout: true });
  expect(await auth.securityEvents(alan.userId)).toEqual(['LOGIN_SUCCEEDED', 'LOGGED_OUT']);
  // Told at once, and once more by the event.
  await until(
    () =>
      auth.revocations.filter(({ sessionId, ended }) => ended && sessionId === tokens.sessionId).length === 2,
  );
});

const revoke = 'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }';
const revokeAll =
  'mutation ($input: RevokeAllSessionsInput) { revokeAllSessions(input: $input) { endedSessions } }';

it('ends own sessions, and those of others with sessions:revoke only', async () => {
  const kurt = await auth.account('kurt');
  const [one, two, three] = [await auth.login('kurt'), await auth.login('kurt'), await auth.login('kurt')];
  const caller = await callerOf(three.accessToken);
  await auth.ask(caller, revoke, { input: { sessionId: one.sessionId } });
  expect(await auth.principal(one.accessToken)).toBeNull();
  expect(await auth.principal(two.accessToken)).not.toBeNull();
  expect((await auth.ask(caller, revokeAll, { input: { exceptCurrent: true } })).data).toEqual({
    revokeAllSessions: { endedSessions: 1 },
  });
  expect(await auth.principal(three.accessToken)).not.toBeNull();

  await auth.account('mallory');
  const mallory = await callerOf((await auth.login('mallory')).accessToken);
  expect(await auth.refusal(mallory, revoke, { input: { sessionId: three.sessionId } })).toBe('NOT_FOUND');
  expect(await auth.refusal(mallory, revoke, { input: { sessionId: newId() } })).toBe('NOT_FOUND');
  expect(await auth.refusal(mallory, revoke, { input: { sessionId: 'x' } })).toBe('BAD_USER_INPUT');
  expect(await auth.refusal(mallory, revokeAll, { input: { userId: kurt.userId } })).toBe('FORBIDDEN');
  const admin = as({ ...(mallory.principal as Principal), permissions: ['sessions:revoke'] });
  const elsewhere = as({ ...(admin.principal as Principal), tenantId: auth.otherTenant.id });
  expect((await auth.ask(elsewhere, revokeAll, { input: { userId: kurt.userId } })).data).toEqual({
    revokeAllSessions: { endedSessions: 0 },
  });
  expect((await auth.ask(admin, revokeAll, { input: { userId: kurt.userId } })).data).toEqual({
    revokeAllSessions: { endedSessions: 1 },
  });
  expect(await auth.principal(three.accessToken)).toBeNull();
});

it('lets sessions end by idleness and by age', async () => {
  await auth.account('barbara');
  const { pool } = auth.deps.database;
  const idle = await auth.login('barbara');
  await pool.query("update auth.session set last_seen_at = now() - interval '31 days' where id = $1", [
    idle.sessionId,
  ]);
  expect(await auth.principal(idle.accessToken)).toBeNull();
  expect((await auth.refresh(idle.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
  const old = await auth.login('barbara');
  await pool.query('update auth.session set expires_at = now() where id = $1', [old.sessionId]);
  expect(await auth.principal(old.accessToken)).toBeNull();
  expect((await auth.refresh(old.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
});

it('answers what the principal says without reading, and the rest only while the session is open', async () => {
  const niklaus = await auth.account('niklaus');
  const tokens = await auth.login('niklaus');
  const caller = await callerOf(tokens.accessToken);
  const known = 'session { id user { id } tenant { id } roles permissions amr authTime current __typename }';
  const principal = caller.principal as Extract<Principal, { kind: 'user' }>;
  const expected = {
    id: tokens.sessionId,
    user: { id: niklaus.userId },
    tenant: { id: niklaus.tenantId },
    roles: principal.roles,
    permissions: principal.permissions,
    amr: ['pwd'],
    authTime: new Date(principal.authTime * 1_000).toISOString(),
    current: true,
    __typename: 'Session',
  };
  const rest = 'createdAt lastSeenAt expiresAt ipAddress userAgent';
  const { pool } = auth.deps.database;
  const queries = vi.spyOn(pool, 'query');
  // Others look for work on the same pool in their own time.
  const reads = () => queries.mock.calls.filter((call) => JSON.stringify(call[0]).includes('session'));
  expect((await auth.ask(caller, `{ ${known} }`)).data.session).toEqual(expected);
  expect(reads()).toHaveLength(0);
  const whole = await auth.ask(caller, `{ ${known} session { ${rest} } again: session { ${rest} } }`);
  expect(whole.data.session).toMatchObject({ ...expected, ipAddress: '192.0.2.1' });
  expect(whole.data.again.createdAt).toBe(whole.data.session.createdAt);
  expect(reads()).toHaveLength(1);
  queries.mockRestore();

  await pool.query("update auth.session set last_seen_at = now() - interval '31 days' where id = $1", [
    tokens.sessionId,
  ]);
  for (const field of rest.split(' ')) {
    expect(await auth.refusal(caller, `{ session { id ${field} } }`)).toBe('UNAUTHENTICATED');
  }
});

it('shows a session by its key to who may see it', async () => {
  const niklaus = await auth.account('wirth');
  const { sessionId, accessToken } = await auth.login('wirth');
  const own = await callerOf(accessToken);
  await auth.account('other');
  const stranger = await callerOf((await auth.login('other')).accessToken);
  const reader = as({ ...(stranger.principal as Principal), permissions: ['sessions:read'] });
  const elsewhere = as({ ...(reader.principal as Principal), tenantId: auth.otherTenant.id });
  const shown = async (caller: ReturnType<typeof as>, id = sessionId) =>
    (
      await auth.ask(
        caller,
        'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Session { user { id } roles } } }',
        { r: [{ __typename: 'Session', id }] },
      )
    ).data._entities[0];
  const session = { user: { id: niklaus.userId }, roles: niklaus.roles };
  expect(await shown(own)).toEqual(session);
  expect(await shown(reader)).toEqual(session);
  for (const caller of [stranger, elsewhere]) expect(await shown(caller)).toBeNull();
  expect(await shown(own, newId())).toBeNull();
});

it('counts being asked about as a sign of life, at most once a minute', async () => {
  await auth.account('edsger');
  const tokens = await auth.login('edsger');
  const { pool } = auth.deps.database;
  const seen = async () =>
    (await pool.query('select last_seen_at::text as t from auth.session where id = $1', [tokens.sessionId]))
      .rows[0].t;
  const first = await seen();
  await auth.principal(tokens.accessToken);
  expect(await seen()).toBe(first);
  await pool.query("update auth.session set last_seen_at = now() - interval '2 minutes' where id = $1", [
    tokens.sessionId,
  ]);
  const stale = await seen();
  await auth.principal(tokens.accessToken);
  expect((await seen()) > stale).toBe(true);
});

it('ends everything when the account is disabled or deleted, and records what happens to it', async () => {
  const donald = await auth.account('donald');
  const tokens = await auth.login('donald');
  const publish = (type: string, data: object) =>
    auth.deps.bus.publish([
      {
        specversion: '1.0',
        id: newId(),
        source: '/gatehouse/user',
        type,
        subject: donald.userId,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        tenantid: donald.tenantId,
        data: { userId: donald.userId, ...data },
      },
    ]);
  await publish('user.roles_changed', { added: ['admin'], removed: [], changedBy: 'system' });
  await until(async () => (await auth.securityEvents(donald.userId)).includes('ROLES_CHANGED'));
  expect(await auth.principal(tokens.accessToken)).not.toBeNull();
  await publish('user.deactivated', { deactivatedBy: 'system', reason: 'left' });
  await until(async () => (await auth.principal(tokens.accessToken)) === null);
  await publish('user.activated', { activatedBy: 'system', activationMethod: 'enable' });
  await publish('user.deleted', { deletionReason: null, deletedBy: 'system', retentionPolicy: '30 days' });
  await until(async () => (await auth.securityEvents(donald.userId)).includes('ACCOUNT_DELETED'));
  expect(await auth.securityEvents(donald.userId)).toEqual([
    'LOGIN_SUCCEEDED',
    'ROLES_CHANGED',
    'ACCOUNT_DISABLED',
    'ACCOUNT_ENABLED',
    'ACCOUNT_DELETED',
  ]);
});
