import { randomUUID } from 'node:crypto';
import { newApiKey, revoke } from '@gatehouse/identity';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { defaultGatewayConfig, type GatewayConfig } from '../src/index.ts';
import { startGateway, type TestError, type TestGateway } from './harness/gateway.ts';
import { raw } from './harness/raw.ts';
import { listen } from './harness/stream-clients.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { trustedProxies: ['127.0.0.1'] } });
});
afterAll(() => gateway.stop());

const readUser = '{ user(id: "7") { id } }';
type Headers = Record<string, string>;
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const from = (key: string, address: string): Headers => ({ ...bearer(key), 'x-forwarded-for': address });

/** What a request is answered: `ok`, or status and code. */
async function outcome(headers: Headers, query = readUser, at = gateway) {
  const response = await at.post({ query }, headers);
  const { errors } = (await response.json()) as { errors?: TestError[] };
  return errors ? `${response.status} ${errors[0]?.extensions.code}` : 'ok';
}
const unknown = '401 UNAUTHENTICATED';
const told = (operation: string) =>
  gateway.provider.calls.filter((call) => call.operation === operation).map(({ variables }) => variables);
const refusals = (apiKeyId: string) =>
  (told('RecordApiKeyRefusal') as { input: { apiKeyId: string; reason: string } }[])
    .filter(({ input }) => input.apiKeyId === apiKeyId)
    .map(({ input }) => input.reason);

describe('a key', () => {
  it('says who calls, with its id, in either header', async () => {
    const { key, record } = gateway.provider.apiKey(['users:read']);
    expect(await outcome(bearer(key))).toBe('ok');
    expect(await outcome({ 'x-api-key': key })).toBe('ok');
    expect(await outcome(bearer(key), '{ me { id } }')).toBe('200 FORBIDDEN');
    const { apiKeyId, userId } = record;
    expect(gateway.seen.at(-1)?.caller.principal).toEqual({
      kind: 'api-key',
      apiKeyId,
      tenantId: 'tenant-a',
      userId,
      clientId: null,
      roles: ['user'],
      permissions: ['users:read'],
    });
  });

  it('does what its scopes name and nothing that needs a person', async () => {
    const { key } = gateway.provider.apiKey(['profile:read']);
    expect(await outcome(bearer(key))).toBe('200 FORBIDDEN');
    expect(await outcome(bearer(key), 'mutation { count }')).toBe('200 FORBIDDEN');
    expect(await outcome(bearer(key), '{ hello }')).toBe('ok');
  });

  it('is asked about twice at first, whatever comes at once, and then not at all', async () => {
    const { key } = gateway.provider.apiKey(['users:read']);
    const before = told('ApiKeyByHash').length;
    gateway.provider.state.delayMs = 20;
    await Promise.all(Array.from({ length: 20 }, () => outcome(bearer(key))));
    gateway.provider.state.delayMs = 0;
    await outcome(bearer(key));
    expect(told('ApiKeyByHash').length - before).toBe(2);
  });

  it('loses at once what its owner loses, also when that happens during the question', async () => {
    const { provider, keyValue, pubSub } = gateway;
    const { key, record } = provider.apiKey(['users:read']);
    expect(await outcome(bearer(key))).toBe('ok');
    const lose = async () => {
      record.permissions = [];
      await revoke({ keyValue, pubSub }, { userId: record.subject, ended: false });
    };
    await lose();
    expect(await outcome(bearer(key))).toBe('200 FORBIDDEN');

    const other = provider.apiKey(['users:read']);
    let asked = 0;
    provider.state.beforeAnswer = async () => {
      if (provider.calls.at(-1)?.operation !== 'ApiKeyByHash' || ++asked !== 2) return;
      other.record.permissions = [];
      await revoke({ keyValue, pubSub }, { userId: other.record.subject, ended: false });
    };
    expect(await outcome(bearer(other.key))).toBe('200 FORBIDDEN');
    provider.state.beforeAnswer = async () => {};
    expect(await outcome(bearer(other.key))).toBe('200 FORBIDDEN');
  });

  it('is refused at once when it is revoked, and its streams end', async () => {
    const { provider, keyValue, pubSub } = gateway;
    const { key, record } = provider.apiKey(['users:read']);
    const stream = listen(gateway, 'websocket', {
      query: 'subscription { securityEvents { id } }',
      token: key,
    });
    await expect.poll(() => gateway.listeners()).toBe(1);
    record.refusal = 'REVOKED';
    await revoke({ keyValue, pubSub }, { userId: record.subject, ended: false });
    expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('SESSION_REVOKED');
    expect(await outcome(bearer(key))).toBe(unknown);
    stream.stop();
  });

  it('ends with its secret: a rotation with a grace is kept by streams and caches', async () => {
    const { provider, keyValue, pubSub } = gateway;
    const { key, record } = provider.apiKey(['users:read']);
    const stream = listen(gateway, 'sse', { query: 'subscription { securityEvents { id } }', token: key });
    await expect.poll(() => gateway.listeners()).toBe(1);
    record.expiresAt = Math.ceil(Date.now() / 1000) + 1;
    await revoke({ keyValue, pubSub }, { userId: record.subject, ended: false });
    expect(await outcome(bearer(key))).toBe('ok');
    expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('TOKEN_EXPIRED');
    record.refusal = 'EXPIRED';
    expect(await outcome(bearer(key))).toBe(unknown);
    await expect.poll(() => refusals(record.apiKeyId)).toEqual(['EXPIRED']);
    stream.stop();
  });

  it('opens a WebSocket, in connection_init or in a header', async () => {
    const { key } = gateway.provider.apiKey(['users:read']);
    const ask = (headers: Headers, payload: Headers) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws', { headers });
        const send = (message: unknown) => socket.send(JSON.stringify(message));
        socket.on('open', () => send({ type: 'connection_init', payload }));
        socket.on('close', (code) => resolve(String(code)));
        socket.on('message', (data) => {
          const { type, payload } = JSON.parse(String(data));
          if (type === 'connection_ack')
            return send({ id: '1', type: 'subscribe', payload: { query: readUser } });
          resolve(type === 'next' ? JSON.stringify(payload.data) : type);
          socket.close();
        });
      });
    const answer = '{"user":{"id":"7"}}';
    expect(await ask({}, bearer(key))).toBe(answer);
    expect(await ask({}, { 'x-api-key': key })).toBe(answer);
    expect(await ask({ 'x-api-key': key }, {})).toBe(answer);
    expect(await ask(bearer(key), {})).toBe(answer);
    expect(await ask({}, { ...bearer(key), 'x-api-key': key })).toBe('4401');
    expect(await ask({}, { 'x-api-key': newApiKey() })).toBe('4401');
  });

  it('is noted as used once a minute, with the address', async () => {
    const { key, record } = gateway.provider.apiKey(['users:read']);
    for (let n = 0; n < 5; n++) await outcome(from(key, '203.0.113.9'));
    const uses = () =>
      (told('RecordApiKeyUses') as { uses: { apiKeyId: string; ipAddress: string }[] }[])
        .flatMap((told) => told.uses)
        .filter(({ apiKeyId }) => apiKeyId === record.apiKeyId);
    await expect.poll(uses).toHaveLength(1);
    expect(uses()[0]?.ipAddress).toBe('203.0.113.9');
  });
});

describe('one answer for every key that does not stand:', () => {
  const whole = newApiKey();
  it.each([
    ['unknown', whole],
    ['mistyped', `${whole.slice(0, 12)}${whole[12] === 'a' ? 'b' : 'a'}${whole.slice(13)}`],
    ['cut', whole.slice(0, -1)],
    ['longer', `${whole}a`],
    ['the prefix alone', 'gh_live_'],
    ['in capitals', whole.toUpperCase()],
  ])('%s', async (_name, key) => {
    for (const headers of [bearer(key), { 'x-api-key': key }]) {
      const response = await gateway.post({ query: '{ hello }' }, headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        errors: [{ message: 'The token is not valid here.', extensions: { code: 'UNAUTHENTICATED' } }],
      });
    }
  });

  it.each(['EXPIRED', 'REVOKED', 'OWNER'])('%s, which its owner is told', async (refusal) => {
    const { key, record } = gateway.provider.apiKey(['users:read'], { refusal });
    for (let n = 0; n < 3; n++) expect(await outcome(bearer(key))).toBe(unknown);
    expect(refusals(record.apiKeyId)).toEqual([refusal]);
  });

  it('past its end', async () => {
    const { key } = gateway.provider.apiKey(['users:read'], { expiresAt: Math.floor(Date.now() / 1000) - 1 });
    expect(await outcome(bearer(key))).toBe(unknown);
  });

  it('another tenant’s', async () => {
    const { key, record } = gateway.provider.apiKey(['users:read'], { tenant: 'b' });
    expect(await outcome(bearer(key))).toBe(unknown);
    expect(refusals(record.apiKeyId)).toEqual(['TENANT']);
  });

  it('a mistyped one is never asked about, an unknown one once', async () => {
    const before = told('ApiKeyByHash').length;
    const key = newApiKey();
    for (let n = 0; n < 3; n++) await outcome(bearer(key));
    await outcome(bearer(`${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`));
    expect(told('ApiKeyByHash').length - before).toBe(1);
  });

  it('in two headers, twice in one, beside a token, in the wrong place', async () => {
    const { key } = gateway.provider.apiKey(['users:read']);
    const { token } = await gateway.provider.signIn(['users:read']);
    expect(await outcome({ ...bearer(key), 'x-api-key': key })).toBe(unknown);
    expect(await outcome({ ...bearer(token), 'x-api-key': key })).toBe(unknown);
    expect(await outcome({ 'x-api-key': `${key}, ${key}` })).toBe(unknown);
    expect(await outcome({ 'x-api-key': token })).toBe(unknown);
    expect(await outcome({ 'x-api-key': `Bearer ${key}` })).toBe(unknown);
    expect(await outcome({ authorization: `Basic ${key}` })).toBe(unknown);
    const body = JSON.stringify({ query: '{ hello }' });
    const lines = [
      'POST /graphql HTTP/1.1',
      `host: 127.0.0.1:${gateway.port}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      `x-api-key: ${key}`,
      `x-api-key: ${key}`,
      'connection: close',
    ];
    expect(await raw(gateway.port, `${lines.join('\r\n')}\r\n\r\n${body}`)).toMatch(/^HTTP\/1.1 401 /);
  });

  it('in the query string it is nobody', async () => {
    const { key } = gateway.provider.apiKey(['users:read']);
    for (const name of ['access_token', 'api_key', 'apiKey', 'x-api-key', 'authorization']) {
      const search = new URLSearchParams({ query: readUser, [name]: key });
      const response = await fetch(`${gateway.url}/graphql?${search}`, {
        headers: { 'content-type': 'application/json' },
      });
      expect(await response.text()).toContain('UNAUTHENTICATED');
    }
  });
});

describe('addresses', () => {
  it('are checked on every request, cached or not, IPv4 and IPv6', async () => {
    const { key, record } = gateway.provider.apiKey(['users:read'], {
      allowedAddresses: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'],
    });
    for (const address of ['203.0.113.9', '2001:db8:1::5', '198.51.100.7'])
      expect(await outcome(from(key, address))).toBe('ok');
    for (const address of ['203.0.114.1', '2001:db9::1', '198.51.100.8'])
      expect(await outcome(from(key, address))).toBe(unknown);
    expect(await outcome(bearer(key))).toBe(unknown);
    expect(await outcome(from(key, '203.0.113.9'))).toBe('ok');
    expect(refusals(record.apiKeyId)).toEqual(['ADDRESS']);
  });

  it('are not what a client says of itself', async () => {
    const direct = await startGateway({ config: { trustedProxies: [] } });
    onTestFinished(() => direct.stop());
    const { key } = direct.provider.apiKey(['users:read'], { allowedAddresses: ['203.0.113.9'] });
    expect(await outcome(from(key, '203.0.113.9'), readUser, direct)).toBe(unknown);
    // Behind a proxy: what stands before the proxy's own entry is the client's word.
    const behind = gateway.provider.apiKey(['users:read'], { allowedAddresses: ['203.0.113.9'] });
    expect(await outcome(from(behind.key, '203.0.113.9, 198.51.100.1'))).toBe(unknown);
    expect(await outcome(from(behind.key, '198.51.100.1, 203.0.113.9'))).toBe('ok');
  });
});

describe('rate limits', () => {
  const off = { anonymous: 0, address: 0, user: 0, client: 0, cost: 0, tokenFailures: 0, operations: {} };
  const limited = async (rates: Partial<GatewayConfig['rates']>) => {
    const all = { ...defaultGatewayConfig.rates, ...off, apiKey: 0, ...rates };
    const started = await startGateway({ config: { rates: all } });
    onTestFinished(() => started.stop());
    return started;
  };

  it('count each key for itself, and say so', async () => {
    const at = await limited({ apiKey: 2 });
    const userId = randomUUID();
    const [one, other] = [1, 2].map(() => at.provider.apiKey(['users:read'], { userId, subject: userId }));
    const response = await at.post({ query: readUser }, bearer(one?.key ?? ''));
    expect(response.headers.get('ratelimit-policy')).toBe('"api-key";q=2;w=60');
    expect(await outcome(bearer(one?.key ?? ''), readUser, at)).toBe('ok');
    expect(await outcome(bearer(one?.key ?? ''), readUser, at)).toBe('429 RATE_LIMITED');
    expect(await outcome(bearer(other?.key ?? ''), readUser, at)).toBe('ok');
  });

  it('count keys that do not stand by the address', async () => {
    const at = await limited({ tokenFailures: 3 });
    const good = at.provider.apiKey(['users:read']);
    const elsewhere = at.provider.apiKey(['users:read'], { allowedAddresses: ['203.0.113.9'] });
    expect(await outcome(bearer(good.key), readUser, at)).toBe('ok');
    for (const key of [newApiKey(), 'gh_live_nonsense', elsewhere.key])
      expect(await outcome(bearer(key), readUser, at)).toBe(unknown);
    expect(await outcome(bearer(good.key), readUser, at)).toBe('429 RATE_LIMITED');
  });
});

it('a failing auth subgraph is not a bad key', async () => {
  const { provider } = gateway;
  const { key } = provider.apiKey(['users:read']);
  provider.state.failing = true;
  expect(await outcome(bearer(key))).toBe('503 SUBGRAPH_UNAVAILABLE');
  provider.state.failing = false;
  expect(await outcome(bearer(key))).toBe('ok');
});

it('no key shows up in the log', () => {
  expect(gateway.logs.join('')).not.toMatch(/gh_live_\w{5}/);
});
