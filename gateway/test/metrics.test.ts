import { randomBytes } from 'node:crypto';
import { openExposition } from '@gatehouse/service-kit/metrics';
import { readMetrics } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway, topologies } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

const scrape = async ({ metrics }: TestGateway) => {
  const exposition = await openExposition(metrics);
  return readMetrics((await exposition.write(await metrics.read(), 'prometheus')).text);
};

/** How much of each was added meanwhile. */
const added = async (gateway: TestGateway, during: () => Promise<unknown>) => {
  const before = await scrape(gateway);
  await during();
  const after = await scrape(gateway);
  return (name: string, labels: Record<string, string> = {}) =>
    after.sum(name, labels) - before.sum(name, labels);
};

const operations = 'gatehouse_gateway_operations_total';
const durations = 'gatehouse_gateway_operation_duration_seconds_count';

describe.each(topologies)('what a gateway counts, subgraphs %s', (topology) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ topology, config: { batchLimit: 10 } });
  });
  afterAll(() => gateway.stop());

  it('is operations by kind and outcome, and how long they took by root field', async () => {
    const { token } = await gateway.provider.signIn([]);
    const more = await added(gateway, async () => {
      await gateway.query('{ hello }');
      await gateway.query('query Named { h: hello }');
      await gateway.query('{ hello unread }');
      await gateway.query('mutation { count }');
      await gateway.query('{ fails(how: "surprise") }');
      await gateway.query('{ fails(how: "coded") }');
      await gateway.query('{ me { id } }');
      await gateway.query('{ me { id } }', { token });
      await gateway.query('{ nonsense }');
      await gateway.query('{ hello');
      await gateway.post('not json');
      await gateway.post({ query: '{ hello }' }, { authorization: 'Bearer invented' });
    });
    expect(more(operations, { kind: 'query', outcome: 'OK' })).toBe(4);
    expect(more(operations, { kind: 'mutation', outcome: 'OK' })).toBe(1);
    expect(more(operations, { kind: 'query', outcome: 'INTERNAL_SERVER_ERROR' })).toBe(1);
    expect(more(operations, { kind: 'query', outcome: 'RATE_LIMITED' })).toBe(1);
    expect(more(operations, { kind: 'query', outcome: 'UNAUTHENTICATED' })).toBe(1);
    expect(more(operations, { kind: 'none', outcome: 'UNAUTHENTICATED' })).toBe(1);
    expect(more(operations, { kind: 'none', outcome: 'GRAPHQL_VALIDATION_FAILED' })).toBe(1);
    expect(more(operations, { kind: 'none', outcome: 'GRAPHQL_PARSE_FAILED' })).toBe(1);
    expect(more(operations, { kind: 'none', outcome: 'BAD_REQUEST' })).toBe(1);
    expect(more(operations)).toBe(12);
    expect(more(durations, { kind: 'query', field: 'hello' })).toBe(2);
    expect(more(durations, { kind: 'query', field: 'several' })).toBe(1);
    expect(more(durations, { kind: 'mutation', field: 'count' })).toBe(1);
    expect(more('gatehouse_gateway_tokens_refused_total')).toBe(1);
  });

  it('is every operation of a list, and of a socket', async () => {
    const lists = await added(gateway, () =>
      gateway.post([{ query: '{ hello }' }, { query: '{ wrong }' }, { query: 'mutation { count }' }]),
    );
    expect(lists(operations, { outcome: 'OK' })).toBe(2);
    expect(lists(operations, { outcome: 'GRAPHQL_VALIDATION_FAILED' })).toBe(1);
    expect(lists(operations)).toBe(3);
  });

  it('is how operations were executed, and what of them was known', async () => {
    const document = `{ hello(name: "${randomBytes(4).toString('hex')}") }`;
    const more = await added(gateway, async () => {
      for (let index = 0; index < 5; index++) await gateway.query(document);
    });
    expect(more('gatehouse_gateway_executions_total', { by: 'compiled' })).toBe(5);
    expect(more('gatehouse_gateway_executions_total', { by: 'fallback' })).toBe(0);
    const lookups = 'gatehouse_gateway_cache_lookups_total';
    for (const cache of ['documents', 'plans']) {
      expect(more(lookups, { cache, result: 'miss' })).toBe(1);
      expect(more(lookups, { cache, result: 'hit' })).toBe(4);
      expect(more('gatehouse_gateway_cache_entries', { cache })).toBe(1);
      expect(more('gatehouse_gateway_cache_bytes', { cache })).toBeGreaterThan(100);
    }
    expect(more('gatehouse_subgraph_requests_total', { subgraph: 'user', way: 'fetch' })).toBe(5);
    const took = more('gatehouse_subgraph_request_duration_seconds_count', { subgraph: 'user' });
    expect(took).toBe(topology === 'remote' ? 5 : 0);
  });

  it('is where it was known whom a token stands for', async () => {
    const { token } = await gateway.provider.signIn([]);
    const more = await added(gateway, async () => {
      for (let index = 0; index < 3; index++) await gateway.query('{ hello }', { token });
    });
    const checks = 'gatehouse_gateway_token_checks_total';
    expect(more(checks, { answered_by: 'auth' })).toBe(1);
    expect(more(checks, { answered_by: 'process' })).toBe(2);
  });

  it('is streams that are open, and why they ended', async () => {
    const { token, ...session } = await gateway.provider.signIn([]);
    const query = 'subscription { securityEvents { id } }';
    const more = await added(gateway, async () => {
      const stream = listen(gateway, 'websocket', { query, token });
      await expect.poll(() => gateway.listeners()).toBe(1);
      const open = await scrape(gateway);
      expect(open.sum('gatehouse_gateway_subscriptions_open')).toBe(1);
      expect(open.sum('gatehouse_gateway_websockets_open')).toBe(1);
      await gateway.endSession(session as never);
      await expect.poll(() => gateway.listeners()).toBe(0);
      stream.stop();
    });
    expect(more(operations, { kind: 'subscription', outcome: 'OK' })).toBe(1);
    expect(more('gatehouse_gateway_subscriptions_open')).toBe(0);
    expect(more('gatehouse_gateway_subscriptions_ended_total', { code: 'SESSION_REVOKED' })).toBe(1);
  });

  it('is requests for other paths by route, whatever path was made up', async () => {
    const name = 'gatehouse_gateway_http_request_duration_seconds_count';
    const more = await added(gateway, async () => {
      for (let index = 0; index < 50; index++) await (await fetch(`${gateway.url}/made/up/${index}`)).text();
      await (await fetch(`${gateway.url}/metrics`)).text();
    });
    await expect.poll(async () => more(name, { route: 'other', status: '4xx' })).toBe(51);
  });
});

describe('a client that makes up names', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  it('adds no series with names of operations, aliases, fields, variables, paths, tokens or codes of its own', async () => {
    await gateway.query('{ hello }');
    const seriesOf = async () =>
      [...(await scrape(gateway)).families.values()].flatMap(({ samples }) =>
        samples.map(({ name, labels }) => JSON.stringify([name, labels])),
      );
    const invent = () => `made_up_${randomBytes(6).toString('hex')}`;
    const flood = async () => {
      for (let index = 0; index < 300; index++) {
        const name = invent();
        await gateway.post({ query: `query ${name} { hello }`, operationName: name });
        await gateway.post({ query: `{ ${name}: hello }` });
        await gateway.post({ query: `{ ${name} }` });
        await gateway.post({ query: '{ hello }', operationName: name });
        await gateway.post({ query: `query($${name}: String) { hello(name: $${name}) }` });
        await gateway.post(
          { query: '{ hello }', extensions: { persistedQuery: { version: 1, sha256Hash: name } } },
          { authorization: `Bearer ${name}`, 'user-agent': name },
        );
        await gateway.post({ documentId: name });
      }
    };
    await flood();
    const before = await seriesOf();
    await flood();
    const after = await seriesOf();
    expect(after.filter((series) => !before.includes(series))).toEqual([]);
    expect(after.filter((series) => series.includes('made_up'))).toEqual([]);
    expect(after.length).toBeLessThan(400);
  });
});

describe('a subgraph in another process that fails', () => {
  it('is told with its circuit, by reason', async () => {
    const gateway = await startGateway({ topology: 'remote without a door', reach: { timeoutMs: 1_000 } });
    try {
      await gateway.served.stopOne('user');
      const more = await added(gateway, async () => {
        for (let index = 0; index < 30; index++) await gateway.query('mutation { count }');
      });
      const labels = { subgraph: 'user', way: 'fetch' };
      expect(more('gatehouse_subgraph_failures_total', { ...labels, reason: 'UNREACHABLE' })).toBeGreaterThan(
        5,
      );
      expect(more('gatehouse_subgraph_circuit_opened_total', labels)).toBe(1);
      expect(more('gatehouse_subgraph_circuit_state', { ...labels, state: 'closed' })).toBe(-1);
      expect(more('gatehouse_subgraph_circuit_state', labels)).toBe(0);
      expect(more(operations, { kind: 'mutation', outcome: 'SUBGRAPH_UNAVAILABLE' })).toBe(30);
    } finally {
      await gateway.stop();
    }
  });
});
