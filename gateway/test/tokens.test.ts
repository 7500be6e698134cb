import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { newKey } from './harness/issuer.ts';
import { raw } from './harness/raw.ts';

let gateway: TestGateway;
let person: { userId: string; sessionId: string; token: string };
beforeAll(async () => {
  gateway = await startGateway();
  person = await gateway.provider.signIn(['profile:read']);
});
afterAll(() => gateway.stop());

const query = '{ me { id } }';
const send = (authorization: string) => gateway.post({ query: '{ hello }' }, { authorization });

describe('a token that stands', () => {
  it('says who calls', async () => {
    expect(await gateway.query(query, { token: person.token })).toEqual({
      data: { me: { id: person.userId } },
    });
    expect(gateway.seen.at(-1)?.caller).toMatchObject({
      service: null,
      principal: { kind: 'user', userId: person.userId, tenantId: 'tenant-a', permissions: ['profile:read'] },
      client: { ipAddress: '127.0.0.1' },
    });
  });

  it('counts on every host of its tenant', async () => {
    const response = await fetch(`http://localhost:${gateway.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `bearer ${person.token}` },
      body: JSON.stringify({ query }),
    }).catch(() => null);
    if (response) expect(response.status).toBe(200);
  });

  it('of a client makes a client', async () => {
    const { provider } = gateway;
    provider.clients.set('robot', { tenantId: 'tenant-a', permissions: ['users:read'], live: true });
    const token = await provider.tokenFor('a', 'robot', { claims: { client_id: 'robot' } });
    expect(await gateway.query('{ user(id: "7") { id } }', { token })).toEqual({
      data: { user: { id: '7' } },
    });
    const { errors } = await gateway.query(query, { token });
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('is asked about once, however many requests carry it first', async () => {
    const { token } = await gateway.provider.signIn([]);
    const before = gateway.provider.calls.length;
    gateway.provider.state.delayMs = 20;
    await Promise.all(Array.from({ length: 20 }, () => gateway.query(query, { token })));
    gateway.provider.state.delayMs = 0;
    const asked = gateway.provider.calls.slice(before).map(({ operation }) => operation);
    expect(asked.filter((operation) => operation === 'TokenPrincipal')).toHaveLength(1);
  });
});

describe('a token that does not stand is refused with 401, whatever the operation:', () => {
  type Provider = TestGateway['provider'];
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claimsOf = (provider: Provider, subject: string) => ({
    iss: `${provider.tenants.a.publicUrl}/oauth2`,
    aud: `${provider.tenants.a.publicUrl}/graphql`,
    sub: subject,
    client_id: 'console',
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 600,
  });

  const forgeries: [string, (provider: Provider, sessionId: string) => Promise<string> | string][] = [
    ['no token at all', () => ''],
    ['not a JWT', () => 'a.b.c'],
    ['two parts', () => 'aaa.bbb'],
    ['five parts', () => 'a.b.c.d.e'],
    [
      'alg none',
      (p) => `${encode({ alg: 'none', typ: 'at+jwt', kid: p.tenants.a.kid })}.${encode(claimsOf(p, 'x'))}.`,
    ],
    [
      'alg none with a signature',
      (p) =>
        `${encode({ alg: 'none', typ: 'at+jwt', kid: p.tenants.a.kid })}.${encode(claimsOf(p, 'x'))}.AAAA`,
    ],
    [
      'an HMAC with the public key',
      async (p) =>
        await new SignJWT(claimsOf(p, 'x'))
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: p.tenants.a.kid })
          .sign(new TextEncoder().encode(JSON.stringify(p.tenants.a.publicKeys[0]))),
    ],
    ['an ID token', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, header: { typ: 'JWT' } })],
    ['no typ', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, header: { typ: undefined } })],
    ['no kid', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, header: { kid: undefined } })],
    ['an unknown kid', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, header: { kid: 'other' } })],
    [
      'another key under a known kid',
      async (p, sessionId) => await p.tokenFor('a', 'x', { sessionId, key: (await newKey()).privateKey }),
    ],
    [
      'a key brought along',
      async (p, sessionId) => {
        const { privateKey, publicKeys } = await newKey();
        return await p.tokenFor('a', 'x', { sessionId, key: privateKey, header: { jwk: publicKeys[0] } });
      },
    ],
    [
      'a critical header not known',
      (p, sessionId) =>
        p.tokenFor('a', 'x', { sessionId, header: { crit: ['x-new'], 'x-new': 1 } }).catch(() => 'a.b.c'),
    ],
    [
      'another issuer',
      (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { iss: 'https://evil.example/oauth2' } }),
    ],
    [
      "another tenant's issuer, own key",
      (p, sessionId) =>
        p.tokenFor('a', 'x', { sessionId, claims: { iss: `${p.tenants.b.publicUrl}/oauth2` } }),
    ],
    ["another tenant's token", async (p) => (await p.signIn([], { tenant: 'b' })).token],
    ['another audience', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { aud: 'console' } })],
    ['no audience', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { aud: undefined } })],
    ['expired', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, expiresIn: -1 })],
    ['no expiry', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { exp: undefined } })],
    [
      'not valid yet',
      (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { nbf: Date.now() / 1000 + 60 } }),
    ],
    ['no jti', (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { jti: undefined } })],
    ['a session that is not a string', (p) => p.tokenFor('a', 'x', { claims: { sid: 7 } })],
    ['an unknown session', (p) => p.tokenFor('a', 'x', { sessionId: randomUUID() })],
    [
      'longer than 8 KiB',
      (p, sessionId) => p.tokenFor('a', 'x', { sessionId, claims: { pad: 'x'.repeat(8_192) } }),
    ],
  ];

  it.each(forgeries)('%s', async (_name, forge) => {
    const token = await forge(gateway.provider, person.sessionId);
    const response = await send(`Bearer ${token}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    const { errors } = (await response.json()) as { errors: { extensions: unknown }[] };
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  it.each(['Basic YTpi', 'Bearer', `Token ${'x'}`, 'Bearer a b'])('the header %j', async (header) => {
    expect((await send(header)).status).toBe(401);
  });

  it('two Authorization headers', async () => {
    const body = JSON.stringify({ query: '{ hello }' });
    const lines = [
      'POST /graphql HTTP/1.1',
      `host: 127.0.0.1:${gateway.port}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      `authorization: Bearer ${person.token}`,
      `authorization: Bearer ${person.token}`,
      'connection: close',
    ];
    const answer = await raw(gateway.port, `${lines.join('\r\n')}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });

  it('made-up issuers cost the auth subgraph little', async () => {
    const { provider } = gateway;
    const before = provider.calls.length;
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) =>
        send(
          `Bearer ${await provider.tokenFor('a', 'x', { claims: { iss: `https://evil-${n}.example/oauth2` } })}`,
        ),
      ),
    );
    expect(provider.calls.length - before).toBeLessThanOrEqual(60);
  });

  it('made-up keys are asked about once in a while', async () => {
    const { provider } = gateway;
    const before = provider.calls.length;
    for (let n = 0; n < 10; n++)
      await send(`Bearer ${await provider.tokenFor('a', 'x', { header: { kid: `k${n}` } })}`);
    expect(provider.calls.length - before).toBeLessThanOrEqual(1);
  });

  it('never shows up in a log', async () => {
    const log = gateway.logs.join('');
    expect(log).not.toContain(person.token);
    expect(log).not.toContain(person.token.split('.')[2]);
  });
});

it('a failing auth subgraph is not a bad token', async () => {
  const { provider } = gateway;
  const { token } = await provider.signIn([]);
  provider.state.failing = true;
  const response = await send(`Bearer ${token}`);
  provider.state.failing = false;
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('SUBGRAPH_UNAVAILABLE');
  expect((await send(`Bearer ${token}`)).status).toBe(200);
});
