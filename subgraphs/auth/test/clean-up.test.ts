import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanUp } from '../src/clean-up.ts';
import { startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

it('removes what has expired, and keeps what detects reuse', async () => {
  const { pool } = auth.deps.database;
  const count = async (from: string) =>
    (await pool.query(`select count(*)::int as n from auth.${from}`)).rows[0].n;
  await auth.account('ada');
  const { refreshToken, sessionId } = await auth.login('ada');
  await auth.refresh(refreshToken);
  await pool.query(
    "insert into auth.prepared_password (id, password_hash, expires_at) values ($1, 'x', now() - interval '1 s')",
    [newId()],
  );
  const artifacts = await count('oidc_artifact');
  await cleanUp(auth.services);
  expect(await count('oidc_artifact')).toBe(artifacts);
  expect(await count("oidc_artifact where kind = 'RefreshToken' and consumed_at is not null")).toBe(1);
  expect(await count('prepared_password')).toBe(0);

  await pool.query(
    "update auth.oidc_artifact set expires_at = now() - interval '1 s' where kind = 'AccessToken'",
  );
  await pool.query("update auth.session set expires_at = now() - interval '1 s' where id = $1", [sessionId]);
  await pool.query(
    "update auth.issued_token set issued_at = now() - interval '91 days' where kind = 'access'",
  );
  await pool.query("update auth.security_event set occurred_at = now() - interval '401 days'");
  await cleanUp(auth.services);
  expect(await count("oidc_artifact where kind = 'AccessToken'")).toBe(0);
  expect(await count('session')).toBe(0);
  expect(await count('issued_token')).toBe(2);
  expect(await count('security_event')).toBe(0);
});
