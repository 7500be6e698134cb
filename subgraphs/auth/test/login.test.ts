import { serviceCaller } from '@gatehouse/identity';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

it('signs in with address or username, and issues three tokens that say who it is', async () => {
  const ada = await auth.account('ada', { permissions: ['users:read'], roles: ['admin'] });
  const tokens = await auth.login('ada@example.com');
  expect(tokens).toMatchObject({ tokenType: 'Bearer', expiresIn: 600 });
  expect((await auth.login('ada')).sessionId).not.toBe(tokens.sessionId);

  const { data } = await auth.ask(
    serviceCaller('gateway'),
    'query ($issuer: String!) { issuerKeys(issuer: $issuer) { issuer tenantId host jwks } }',
    { issuer: 'http://localhost:4000/oauth2' },
  );
  const keys = createLocalJWKSet(data.issuerKeys.jwks as JSONWebKeySet);
  const access = await jwtVerify(tokens.accessToken, keys, {
    issuer: 'http://localhost:4000/oauth2',
    audience: 'http://localhost:4000/graphql',
    typ: 'at+jwt',
  });
  expect(access.protectedHeader.alg).toBe('ES256');
  expect(access.payload).toMatchObject({
    sub: ada.userId,
    client_id: 'gatehouse',
    sid: tokens.sessionId,
    tenant: ada.tenantId,
    roles: ['admin'],
    permissions: ['users:read'],
    scope: 'openid profile email offline_access users:read',
    amr: ['pwd'],
  });
  const id = await jwtVerify(tokens.idToken, keys, { audience: 'gatehouse' });
  expect(id.payload).toMatchObject({
    sub: ada.userId,
    sid: tokens.sessionId,
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    roles: ['admin'],
    permissions: ['users:read'],
    tenant: ada.tenantId,
    amr: ['pwd'],
    auth_time: expect.any(Number),
  });
  expect(tokens.refreshToken).not.toContain('.');
  expect(await auth.securityEvents(ada.userId)).toEqual(['LOGIN_SUCCEEDED', 'LOGIN_SUCCEEDED']);
  expect(await auth.principal(tokens.accessToken)).toMatchObject({
    userId: ada.userId,
    sessionId: tokens.sessionId,
    roles: ['admin'],
  });
});

it('tells about the session of the token in use', async () => {
  await auth.account('grace');
  const tokens = await auth.login('grace');
  const caller = as(await auth.principal(tokens.accessToken));
  const { data } = await auth.ask(
    caller,
    `{ session { id user { id lastLoginAt sessions { nodes { id current } pageInfo { hasNextPage } } }
       tenant { id } roles permissions amr authTime createdAt lastSeenAt expiresAt ipAddress userAgent current } }`,
  );
  expect(data.session).toMatchObject({
    id: tokens.sessionId,
    current: true,
    amr: ['pwd'],
    ipAddress: '192.0.2.1',
    userAgent: 'test',
    roles: ['user'],
    user: { lastLoginAt: expect.any(String), sessions: { nodes: [{ id: tokens.sessionId, current: true }] } },
  });
  expect((await auth.ask(anonymous(), '{ session { id } }')).errors?.[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
});
