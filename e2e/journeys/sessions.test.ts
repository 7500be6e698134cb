import { expect, test } from 'vitest';
import { administrator, anyone, eventually, registerAndConfirm, signIn } from '../gatehouse.ts';

test('logging out refuses the access token and the refresh token within a second', async () => {
  const ada = await registerAndConfirm();
  const other = await signIn(ada);
  expect(await ada.client.ask('mutation { logout }')).toEqual({ logout: true });
  await eventually(
    async () => expect(await ada.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
  expect(await ada.client.refusal('{ session { id } }')).toBe('UNAUTHENTICATED');
  expect(await anyone.refusal(refresh, { input: { refreshToken: ada.tokens.refreshToken } })).toBe(
    'INVALID_GRANT',
  );
  expect(await other.client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
});

test('a refresh token is renewed once; using it again ends the session', async () => {
  const ada = await registerAndConfirm();
  const { refreshToken: renewed } = await anyone.ask<Refreshed>(refresh, {
    input: { refreshToken: ada.tokens.refreshToken },
  });
  expect(renewed.sessionId).toBe(ada.tokens.sessionId);
  expect(renewed.refreshToken).not.toBe(ada.tokens.refreshToken);
  const again = ada.client.as(renewed.accessToken);
  expect(await again.ask('{ session { id } }')).toEqual({ session: { id: ada.tokens.sessionId } });

  // Right after, it may be a client that lost the answer: refused, and nothing else.
  expect(await anyone.refusal(refresh, { input: { refreshToken: ada.tokens.refreshToken } })).toBe(
    'INVALID_GRANT',
  );
  const { refreshToken: third } = await anyone.ask<Refreshed>(refresh, {
    input: { refreshToken: renewed.refreshToken },
  });
  await new Promise((resolve) => setTimeout(resolve, graceMs));
  expect(await anyone.refusal(refresh, { input: { refreshToken: ada.tokens.refreshToken } })).toBe(
    'INVALID_GRANT',
  );
  await eventually(async () => expect(await again.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'));
  expect(await anyone.refusal(refresh, { input: { refreshToken: third.refreshToken } })).toBe(
    'INVALID_GRANT',
  );
});

test('sessions are listed and ended: one, the others, all', async () => {
  const ada = await registerAndConfirm();
  const [second, third] = [await signIn(ada), await signIn(ada)];
  const { me } = await ada.client.ask<Sessions>(sessions);
  expect(me.sessions.nodes.map(({ id }) => id)).toEqual([
    third.tokens.sessionId,
    second.tokens.sessionId,
    ada.tokens.sessionId,
  ]);
  expect(me.sessions.nodes.map(({ current }) => current)).toEqual([false, false, true]);

  await ada.client.ask(revoke, { input: { sessionId: second.tokens.sessionId } });
  await eventually(
    async () => expect(await second.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
  expect(
    await ada.client.ask('mutation { revokeAllSessions(input: { exceptCurrent: true }) { endedSessions } }'),
  ).toEqual({ revokeAllSessions: { endedSessions: 1 } });
  await eventually(
    async () => expect(await third.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
  const { me: left } = await ada.client.ask<Sessions>(sessions);
  expect(left.sessions.nodes).toEqual([{ id: ada.tokens.sessionId, current: true }]);
});

test('a session says on what it was opened, and goes by the name its owner gives it', async () => {
  const ada = await registerAndConfirm();
  const [own] = [ada.tokens.sessionId];
  const device = '{ me { sessions { nodes { id device { name kind browser os } } } } }';
  type Devices = { me: { sessions: { nodes: { id: string; device: Record<string, string | null> }[] } } };
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { sessionId } } }';
  const input = { identifier: ada.email, password: ada.password };
  await anyone.post(JSON.stringify({ query: login, variables: { input } }), {}, { 'user-agent': phone });
  const { me } = await ada.client.ask<Devices>(device);
  expect(me.sessions.nodes.map(({ device: { kind, name } }) => [kind, name])).toEqual([
    ['MOBILE', 'Safari on iOS'],
    ['PROGRAM', expect.any(String)],
  ]);
  const rename =
    'mutation ($input: RenameSessionInput!) { renameSession(input: $input) { session { device { name } } } }';
  expect(await ada.client.ask(rename, { input: { sessionId: own, name: ' My laptop ' } })).toEqual({
    renameSession: { session: { device: { name: 'My laptop' } } },
  });
  const mallory = await registerAndConfirm();
  expect(await mallory.client.refusal(rename, { input: { sessionId: own, name: 'Mine' } })).toBe('NOT_FOUND');
  expect(await ada.client.refusal(rename, { input: { sessionId: own, name: 'a\u202eb' } })).toBe(
    'BAD_USER_INPUT',
  );
});

test('nobody ends the session of another without the permission', async () => {
  const [ada, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
  const input = { sessionId: ada.tokens.sessionId };
  expect(await mallory.client.refusal(revoke, { input })).toMatch(/FORBIDDEN|NOT_FOUND/);
  expect(await ada.client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
  const admin = await administrator();
  await admin.client.ask(revoke, { input });
  await eventually(
    async () => expect(await ada.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
});

/** REFRESH_GRACE of the deployments under test, passed. */
const graceMs = 2_100;

type Refreshed = { refreshToken: { accessToken: string; refreshToken: string; sessionId: string } };
type Sessions = { me: { sessions: { nodes: { id: string; current: boolean }[] } } };

const sessions = '{ me { sessions(first: 20) { nodes { id current } } } }';
const revoke = 'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }';
const refresh = `mutation ($input: RefreshTokenInput!) {
  refreshToken(input: $input) { accessToken refreshToken sessionId }
}`;
