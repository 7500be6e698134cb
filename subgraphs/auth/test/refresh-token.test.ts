import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ refreshGrace: 1 });
});
afterAll(() => auth.stop());

const code = (answer: Awaited<ReturnType<TestAuth['refresh']>>) => answer.errors?.[0]?.extensions.code;

it('renews tokens, with the roles of this moment', async () => {
  const ada = await auth.account('ada');
  const first = await auth.login('ada');
  ada.roles = ['admin'];
  ada.permissions = ['users:read'];
  const { data } = await auth.refresh(first.refreshToken);
  const second = data.refreshToken;
  expect(second.sessionId).toBe(first.sessionId);
  expect(second.refreshToken).not.toBe(first.refreshToken);
  expect(decodeJwt(second.accessToken)).toMatchObject({
    sid: first.sessionId,
    roles: ['admin'],
    permissions: ['users:read'],
    scope: 'openid profile email offline_access users:read',
    amr: ['pwd'],
  });
  expect(decodeJwt(second.idToken)).toMatchObject({
    sid: first.sessionId,
    roles: ['admin'],
    email: 'ada@example.com',
    amr: ['pwd'],
    auth_time: decodeJwt(first.idToken).auth_time,
  });
  expect(await auth.principal(second.accessToken)).not.toBeNull();
});

it('lets exactly one of 50 parallel uses win, and the session live', async () => {
  await auth.account('grace');
  const { refreshToken } = await auth.login('grace');
  const answers = await Promise.all(Array.from({ length: 50 }, () => auth.refresh(refreshToken)));
  const winners = answers.filter(({ data }) => data?.refreshToken);
  expect(winners).toHaveLength(1);
  expect(new Set(answers.map(code))).toEqual(new Set([undefined, 'INVALID_GRANT']));
  expect((await auth.refresh(winners[0]?.data.refreshToken.refreshToken)).errors).toBeUndefined();
});

it('ends the session on reuse after the grace, and says so', async () => {
  const alan = await auth.account('alan');
  const first = await auth.login('alan');
  const second = (await auth.refresh(first.refreshToken)).data.refreshToken;
  // A client that lost the answer asks again: refused, nothing else.
  expect(code(await auth.refresh(first.refreshToken))).toBe('INVALID_GRANT');
  expect(await auth.principal(second.accessToken)).not.toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(code(await auth.refresh(first.refreshToken))).toBe('INVALID_GRANT');
  expect(await auth.principal(second.accessToken)).toBeNull();
  expect(code(await auth.refresh(second.refreshToken))).toBe('INVALID_GRANT');
  expect(await auth.securityEvents(alan.userId)).toEqual(['LOGIN_SUCCEEDED', 'REFRESH_TOKEN_REUSED']);
  await until(() => auth.revocations.some(({ sessionId, ended }) => ended && sessionId === first.sessionId));
});

it('takes a use from another address within the grace for reuse', async () => {
  const edsger = await auth.account('edsger');
  const first = await auth.login('edsger');
  const second = (await auth.refresh(first.refreshToken)).data.refreshToken;
  const thief = anonymous('localhost:4000', '198.51.100.7');
  expect(code(await auth.refresh(first.refreshToken, thief))).toBe('INVALID_GRANT');
  expect(await auth.principal(second.accessToken)).toBeNull();
  expect(await auth.securityEvents(edsger.userId)).toContain('REFRESH_TOKEN_REUSED');
});

it('refuses a refresh token of another tenant, and leaves it good', async () => {
  await auth.account('barbara');
  const { refreshToken } = await auth.login('barbara');
  expect(code(await auth.refresh(refreshToken, anonymous('clinicwave.com')))).toBe('INVALID_GRANT');
  expect(code(await auth.refresh(refreshToken, anonymous('evil.example')))).toBe('UNKNOWN_TENANT');
  expect((await auth.refresh(refreshToken)).errors).toBeUndefined();
});

it('rolls a refresh back that fails half way: the token is good again', async () => {
  await auth.account('donald');
  const { refreshToken } = await auth.login('donald');
  const { db } = auth.deps.database;
  // The new refresh token can't be stored: after the old one was consumed.
  await db.execute(
    `create function auth.fail() returns trigger language plpgsql as 'begin raise exception ''down''; end'`,
  );
  await db.execute(
    `create trigger fail before insert on auth.issued_token for each row execute function auth.fail()`,
  );
  expect(code(await auth.refresh(refreshToken))).toBe('OVERLOADED');
  await db.execute('drop trigger fail on auth.issued_token');
  expect((await auth.refresh(refreshToken)).errors).toBeUndefined();
});

it('refuses a person who is no longer active', async () => {
  const kurt = await auth.account('kurt');
  const tokens = await auth.login('kurt');
  kurt.status = 'DISABLED';
  expect(code(await auth.refresh(tokens.refreshToken))).toBe('INVALID_GRANT');
  expect(await auth.principal(tokens.accessToken)).toBeNull();
});

it('refuses what is no refresh token', async () => {
  const { accessToken } = await auth.login('ada');
  for (const token of ['x', accessToken, `${'a'.repeat(43)}`, "' or 1=1 --"]) {
    expect(code(await auth.refresh(token))).toBe('INVALID_GRANT');
  }
  for (const token of ['x'.repeat(5_000), '\u0000', '']) {
    expect(code(await auth.refresh(token))).toBe('BAD_USER_INPUT');
  }
});

it('stores no token that could be used', async () => {
  const tokens = await auth.login('ada');
  const { rows } = await auth.deps.database.pool.query(
    'select a::text as row from auth.oidc_artifact a union all select t::text from auth.issued_token t',
  );
  const all = rows.map(({ row }) => row).join('\n');
  for (const token of [tokens.accessToken, tokens.refreshToken, tokens.idToken])
    expect(all).not.toContain(token);
  expect(all).not.toContain(decodeJwt(tokens.accessToken).jti);
});
