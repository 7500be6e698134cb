import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultGatewayConfig, type GatewayConfig } from '../src/index.ts';
import { createMemoryStore } from '../src/rates/memory-store.ts';
import { startGateway, type TestError, type TestGateway } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

const off = {
  windowSeconds: 60,
  anonymous: 0,
  address: 0,
  user: 0,
  client: 0,
  apiKey: 0,
  cost: 0,
  tokenFailures: 0,
  operations: {},
};

async function limited(rates: Partial<GatewayConfig['rates']>, config: Partial<GatewayConfig> = {}) {
  const gateway = await startGateway({
    config: { rates: { ...off, ...rates }, trustedProxies: ['127.0.0.1'], ...config },
  });
  onTestFinished(() => gateway.stop());
  return gateway;
}

const from = (address: string) => ({ 'x-forwarded-for': address });
const as = (token: string) => ({ authorization: `Bearer ${token}` });

/** Codes of so many requests, one after another. */
async function codes(
  gateway: TestGateway,
  times: number,
  headers: Record<string, string> = {},
  body?: unknown,
) {
  const all: (string | undefined)[] = [];
  for (let n = 0; n < times; n++) {
    const response = await gateway.post(body ?? { query: '{ hello }' }, headers);
    const { errors } = (await response.json()) as { errors?: TestError[] };
    all.push(errors?.[0]?.extensions.code);
  }
  return all;
}
const [ok, no] = [undefined, 'RATE_LIMITED'];

describe('a rate limit', () => {
  it('refuses with 429 and says when to come back, and nothing was done', async () => {
    const gateway = await limited({ anonymous: 2 });
    const mutation = { query: 'mutation { count }' };
    await gateway.post(mutation);
    const last = await gateway.post(mutation);
    expect(await last.json()).toEqual({ data: { count: 2 } });
    const refused = await gateway.post(mutation);
    expect(refused.status).toBe(429);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(50);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(await refused.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'RATE_LIMITED', retryAfter } }],
    });
    const { token } = await gateway.provider.signIn([]);
    expect(await (await gateway.post(mutation, as(token))).json()).toEqual({ data: { count: 3 } });
  });

  it('is told in the fields of the draft, on answers and refusals', async () => {
    const gateway = await limited({ anonymous: 2, cost: 10 });
    const fields = async (body: unknown, headers: Record<string, string> = {}) => {
      const response = await gateway.post(body, headers);
      await response.text();
      return [response.headers.get('ratelimit-policy'), response.headers.get('ratelimit')];
    };
    const policy = '"anonymous";q=2;w=60, "cost";q=10;w=60';
    expect(await fields({ query: '{ users(count: 3) { id } }' })).toEqual([
      policy,
      expect.stringMatching(/^"anonymous";r=1;t=60, "cost";r=7;t=60$/),
    ]);
    expect(await fields({ query: '{ hello }' }, { origin: gateway.url })).toEqual([
      policy,
      expect.stringMatching(/^"anonymous";r=0;t=\d+, "cost";r=7;t=\d+$/),
    ]);
    expect(await fields({ query: '{ hello }' })).toEqual([
      '"anonymous";q=2;w=60',
      expect.stringMatching(/^"anonymous";r=0;t=\d+$/),
    ]);
  });

  it('ends with its window', async () => {
    const gateway = await limited({ windowSeconds: 1, anonymous: 1 });
    expect(await codes(gateway, 2)).toEqual([ok, no]);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await codes(gateway, 1)).toEqual([ok]);
  });

  it('can be off', async () => {
    const gateway = await limited({});
    const response = await gateway.post({ query: '{ hello }' });
    expect(response.headers.get('ratelimit')).toBeNull();
    expect(new Set(await codes(gateway, 50))).toEqual(new Set([ok]));
  });

  it('is never met by a busy client, as it comes', async () => {
    const gateway = await limited(defaultGatewayConfig.rates);
    const { token } = await gateway.provider.signIn([]);
    expect(new Set(await codes(gateway, 300, as(token)))).toEqual(new Set([ok]));
  });
});

describe('an address', () => {
  it('is the peer’s, whatever it says of itself, unless the peer is trusted', async () => {
    const gateway = await limited({ anonymous: 2 }, { trustedProxies: [] });
    for (const address of ['203.0.113.1', '203.0.113.2'])
      expect(await codes(gateway, 1, from(address))).toEqual([ok]);
    expect(await codes(gateway, 1, from('203.0.113.3'))).toEqual([no]);
    expect(await codes(gateway, 1, { forwarded: 'for=203.0.113.4', 'x-real-ip': '203.0.113.4' })).toEqual([
      no,
    ]);
  });

  it('has its own quota', async () => {
    const gateway = await limited({ anonymous: 1 });
    expect(await codes(gateway, 2, from('203.0.113.1'))).toEqual([ok, no]);
    expect(await codes(gateway, 2, from('203.0.113.2'))).toEqual([ok, no]);
    expect(await codes(gateway, 1, from('6.6.6.6, 203.0.113.2'))).toEqual([no]);
  });

  it('of IPv6 is its /64, however it is spelled', async () => {
    const gateway = await limited({ anonymous: 3 });
    const same = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3', '2001:0DB8:0001:0002::9', '2001:db8:1:2::'];
    const all = [];
    for (const address of same) all.push(...(await codes(gateway, 1, from(address))));
    expect(all).toEqual([ok, ok, ok, no]);
    expect(await codes(gateway, 1, from('2001:db8:1:3::1'))).toEqual([ok]);
    expect(await codes(gateway, 4, from('::ffff:203.0.113.9'))).toEqual([ok, ok, ok, no]);
    expect(await codes(gateway, 1, from('203.0.113.9'))).toEqual([no]);
  });

  it('is counted for those with a token as well', async () => {
    const gateway = await limited({ address: 3 });
    const [ada, bob] = [await gateway.provider.signIn([]), await gateway.provider.signIn([])];
    expect(await codes(gateway, 2, as(ada.token))).toEqual([ok, ok]);
    expect(await codes(gateway, 2, as(bob.token))).toEqual([ok, no]);
    expect(await codes(gateway, 1)).toEqual([ok]);
  });

  it('that presents bad tokens is not listened to for a while', async () => {
    const gateway = await limited({ tokenFailures: 3 });
    const { token } = await gateway.provider.signIn([]);
    expect(await codes(gateway, 1, { ...as(token), ...from('203.0.113.1') })).toEqual([ok]);
    const guesses = await codes(gateway, 5, { ...as('a.b.c'), ...from('203.0.113.1') });
    expect(guesses).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED', no, no]);
    expect(await codes(gateway, 1, { ...as(token), ...from('203.0.113.1') })).toEqual([no]);
    expect(await codes(gateway, 1, from('203.0.113.1'))).toEqual([ok]);
    expect(await codes(gateway, 1, { ...as(token), ...from('203.0.113.2') })).toEqual([ok]);
  });

  it('is not listened to over sockets either', async () => {
    const gateway = await limited({ tokenFailures: 2 });
    const query = '{ hello }';
    const reasons = [];
    for (let n = 0; n < 3; n++)
      reasons.push((await listen(gateway, 'websocket', { query, token: 'a.b.c' }).closed)?.reason);
    expect(reasons).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'RATE_LIMITED']);
  });
});

describe('a principal', () => {
  it('has its own quota, from wherever it comes, with whatever token', async () => {
    const gateway = await limited({ user: 2 });
    const ada = await gateway.provider.signIn([]);
    const again = await gateway.provider.signIn([], { userId: ada.userId });
    expect(await codes(gateway, 1, { ...as(ada.token), ...from('203.0.113.1') })).toEqual([ok]);
    expect(await codes(gateway, 2, { ...as(again.token), ...from('203.0.113.2') })).toEqual([ok, no]);
    const bob = await gateway.provider.signIn([]);
    expect(await codes(gateway, 1, as(bob.token))).toEqual([ok]);
  });

  it('may be a client', async () => {
    const gateway = await limited({ client: 1, user: 5 });
    gateway.provider.clients.set('robot', { tenantId: 'tenant-a', permissions: [], live: true });
    const token = await gateway.provider.tokenFor('a', 'robot', { claims: { client_id: 'robot' } });
    expect(await codes(gateway, 2, as(token))).toEqual([ok, no]);
  });
});

describe('an operation', () => {
  const login = (times: number) => ({
    query: `mutation { ${Array.from({ length: times }, (_, n) => `a${n}: login(identifier: "a")`).join(' ')} }`,
  });

  it('is counted by its root fields, whatever it is called', async () => {
    const gateway = await limited({ operations: { login: 3 } });
    const named = (name: string) => ({
      query: `mutation ${name} { x: login(identifier: "a") }`,
      operationName: name,
    });
    expect(await codes(gateway, 2, {}, named('Innocent'))).toEqual([ok, ok]);
    expect(await codes(gateway, 2, {}, named('Other'))).toEqual([ok, no]);
    expect(await codes(gateway, 2)).toEqual([ok, ok]);
    expect(await codes(gateway, 1, from('203.0.113.7'), named('Other'))).toEqual([ok]);
    const { token } = await gateway.provider.signIn([]);
    expect(await codes(gateway, 1, as(token), named('SignedIn'))).toEqual([no]);
  });

  it('counts every alias, in fragments, too', async () => {
    const gateway = await limited({ operations: { login: 5 } });
    expect(await codes(gateway, 1, from('203.0.113.1'), login(6))).toEqual([no]);
    expect(await codes(gateway, 2, from('203.0.113.2'), login(4))).toEqual([ok, no]);
    const hidden = {
      query:
        'mutation { ...A ... { c: login(identifier: "c") } } fragment A on Mutation { ...B a: login(identifier: "a") } fragment B on Mutation { b: login(identifier: "b") }',
    };
    expect(await codes(gateway, 2, from('203.0.113.3'), hidden)).toEqual([ok, no]);
  });

  it('counts each of a batch', async () => {
    const gateway = await limited({ anonymous: 5, operations: { login: 3 } }, { batchLimit: 10 });
    const response = await gateway.post(Array.from({ length: 4 }, () => login(1)));
    const answers = (await response.json()) as { errors?: TestError[] }[];
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([ok, ok, ok, no]);
    const refused = await gateway.post(Array.from({ length: 3 }, () => ({ query: '{ hello }' })));
    expect(((await refused.json()) as object[]).map((one) => 'errors' in one)).toEqual([false, true, true]);
    const all = await gateway.post([{ query: '{ hello }' }, { query: '{ hello }' }]);
    expect([all.status, all.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  });

  it('over a socket is refused by an error of its own', async () => {
    const gateway = await limited({ anonymous: 1 });
    const query = 'subscription { ticks(every: 1) { n } }';
    const first = listen(gateway, 'websocket', { query });
    expect((await first.event(0)).data).toBeDefined();
    const second = listen(gateway, 'websocket', { query });
    expect((await second.event(0)).errors?.[0]?.extensions).toMatchObject({
      code: no,
      retryAfter: expect.any(Number),
    });
    expect((await first.event(3)).data).toBeDefined();
    first.stop();
    second.stop();
  });

  it('is counted by its cost; what does not fit leaves room for what does', async () => {
    const gateway = await limited({ cost: 10 });
    const users = (count: number) => ({ query: `{ users(count: ${count}) { id } }` });
    expect(await codes(gateway, 1, {}, users(7))).toEqual([ok]);
    expect(await codes(gateway, 2, {}, users(4))).toEqual([no, no]);
    expect(await codes(gateway, 2, {}, users(3))).toEqual([ok, no]);
    expect(await codes(gateway, 1)).toEqual([ok]);
    const { token } = await gateway.provider.signIn([]);
    expect(await codes(gateway, 1, as(token), users(10))).toEqual([ok]);
  });
});

describe('the store in memory', () => {
  it('lets those share a count who come when it is full', () => {
    const store = createMemoryStore({ maxKeys: 2 });
    const add = (key: string) => (store.add(key, 1, 60) as { used: number }).used;
    expect([add('a 1'), add('a 2'), add('a 1')]).toEqual([1, 1, 2]);
    expect([add('a 3'), add('a 4'), add('a 5'), add('b 6'), add('a 2')]).toEqual([1, 2, 3, 1, 2]);
  });
});
