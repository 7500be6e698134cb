import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { raiseSession } from '../src/sessions/raise-session.ts';
import { inUnitOfWork } from '../src/unit-of-work.ts';
import { anonymous, as, startAuth, type TestAuth, type Tokens } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const code = (answer: Awaited<ReturnType<TestAuth['refresh']>>) => answer.errors?.[0]?.extensions.code;

/** What is stored of a session: its tokens by kind, those used up apart, and what the token store says. */
async function stored({ sessionId }: Pick<Tokens, 'sessionId'>) {
  const { pool } = auth.deps.database;
  const artifacts = await pool.query(
    `select kind || case when consumed_at is null then '' else ' used' end as what from auth.oidc_artifact
     where session_uid = $1 order by 1`,
    [sessionId],
  );
  const log = await pool.query(
    `select kind || ' by ' || grant_type as what from auth.issued_token where session_id = $1 order by 1`,
    [sessionId],
  );
  return { artifacts: artifacts.rows.map(({ what }) => what), log: log.rows.map(({ what }) => what) };
}

const afterLogin = {
  artifacts: ['AccessToken', 'RefreshToken', 'Session'],
  log: ['access by session', 'refresh by session'],
};
const afterRefresh = {
  artifacts: ['AccessToken', 'AccessToken', 'RefreshToken', 'RefreshToken used', 'Session'],
  log: [
    'access by session',
    'access by session refresh_token',
    'refresh by session',
    'refresh by session refresh_token',
  ],
};

it('reads by one statement and writes by another', async () => {
  await auth.account('ada');
  const first = await auth.login('ada');
  const queries = vi.spyOn(auth.deps.database.pool, 'query');
  expect((await auth.refresh(first.refreshToken)).errors).toBeUndefined();
  const names = queries.mock.calls.map(([query]) => (query as unknown as { name?: string }).name);
  vi.restoreAllMocks();
  // What is not of the token core (the relay of events, say) has no name.
  expect(names.filter(Boolean)).toEqual(['auth_artifact_find_tokens', 'auth_tokens_renew']);
  expect(await stored(first)).toEqual(afterRefresh);
});

it('writes for the one of 50 parallel uses that wins, and for no other', async () => {
  await auth.account('grace');
  const first = await auth.login('grace');
  const answers = await Promise.all(Array.from({ length: 50 }, () => auth.refresh(first.refreshToken)));
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  expect(await stored(first)).toEqual(afterRefresh);
});

it('a session that ends between what a refresh reads and what it writes gets no tokens', async () => {
  await auth.account('alan');
  const first = await auth.login('alan');
  const caller = as(await auth.principal(first.accessToken));
  auth.onSubject.run = async () => {
    expect((await auth.ask(caller, 'mutation { logout }')).data).toEqual({ logout: true });
  };
  expect(code(await auth.refresh(first.refreshToken))).toBe('INVALID_GRANT');
  expect((await stored(first)).artifacts).toEqual([]);
  expect((await stored(first)).log).toEqual(afterLogin.log);
});

it('a refresh that waits for the end of its session gets no tokens', async () => {
  await auth.account('edsger');
  const first = await auth.login('edsger');
  const { database } = auth.deps;
  const refreshed = await database.transaction(async (tx) => {
    await tx.execute(`update auth.session set ended_at = now() where id = '${first.sessionId}'`);
    const waiting = auth.refresh(first.refreshToken);
    await vi.waitFor(async () => {
      const { rows } = await database.pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%for no key update%'`,
      );
      expect(rows).toHaveLength(1);
    }, 5_000);
    return { waiting };
  });
  expect(code(await refreshed.waiting)).toBe('INVALID_GRANT');
  expect(await stored(first)).toEqual(afterLogin);
});

it('a step-up between what a refresh reads and what it writes is told by the next', async () => {
  const barbara = await auth.account('barbara');
  const { userId, tenantId } = barbara;
  const { sessionId, refreshToken } = await auth.login('barbara');
  auth.onSubject.run = () =>
    inUnitOfWork(auth.deps, (unit) => raiseSession(unit, { tenantId, userId, sessionId }, ['pwd', 'otp']));
  const second = (await auth.refresh(refreshToken)).data.refreshToken;
  const third = (await auth.refresh(second.refreshToken)).data.refreshToken;
  expect(decodeJwt(third.idToken)).toMatchObject({ amr: ['pwd', 'otp'] });
});

it('a connection that is lost between what a refresh reads and what it writes costs nobody the session', async () => {
  await auth.account('donald');
  const first = await auth.login('donald');
  auth.onSubject.run = async () => {
    const { pool } = auth.deps.database;
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'test' and pid <> pg_backend_pid()`,
    );
  };
  const answer = await auth.refresh(first.refreshToken);
  const kept = answer.errors ? first : answer.data.refreshToken;
  if (answer.errors) expect(code(answer)).toBe('OVERLOADED');
  expect((await auth.refresh(kept.refreshToken)).errors).toBeUndefined();
});

it('a refresh whose tokens cannot be written writes nothing, and its token is good again', async () => {
  await auth.account('kurt');
  const first = await auth.login('kurt');
  const { db } = auth.deps.database;
  await db.execute(
    `create function auth.refuse() returns trigger language plpgsql as 'begin raise exception ''down''; end'`,
  );
  await db.execute(
    `create trigger refuse before update on auth.session for each row execute function auth.refuse()`,
  );
  const before = await counted();
  expect(code(await auth.refresh(first.refreshToken))).toBe('OVERLOADED');
  const after = await counted();
  expect([after('server_error') - before('server_error'), after('ok') - before('ok')]).toEqual([1, 0]);
  expect(await stored(first)).toEqual(afterLogin);
  await db.execute('drop trigger refuse on auth.session');
  expect((await auth.refresh(first.refreshToken)).errors).toBeUndefined();
});

it('each refresh is counted once, as what it was answered', async () => {
  await auth.account('annie');
  const first = await auth.login('annie');
  const before = await counted();
  const answers = await Promise.all(Array.from({ length: 20 }, () => auth.refresh(first.refreshToken)));
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  const raced = await counted();
  expect(raced('ok') - before('ok')).toBe(1);
  expect(raced('invalid_grant') - before('invalid_grant')).toBe(19);

  // From another address than the one that used it up: reuse, which is more than a renewal.
  const elsewhere = anonymous('localhost:4000', '198.51.100.7');
  expect(code(await auth.refresh(first.refreshToken, elsewhere))).toBe('INVALID_GRANT');
  const reused = await counted();
  expect(reused('invalid_grant') - raced('invalid_grant')).toBe(1);
  expect(reused('ok') - raced('ok')).toBe(0);
});

/** How many refreshes were counted by now, by outcome. */
async function counted() {
  const families = await auth.deps.metrics.read();
  const family = families.find(({ name }) => name === 'gatehouse_auth_token_requests_total');
  const refreshes = family?.values.filter(({ labels }) => labels.grant === 'refresh_token') ?? [];
  const counts = new Map(refreshes.map(({ labels, value }) => [labels.outcome, value]));
  return (outcome: string): number => counts.get(outcome) ?? 0;
}
