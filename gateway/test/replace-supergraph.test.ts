import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QueryPlanner } from '@apollo/query-planner';
import { StartupError } from '@gatehouse/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followSupergraph } from '../src/index.ts';
import { countObjects } from './harness/count-objects.ts';
import { composed, startGateway, type TestGateway, topologies } from './harness/gateway.ts';
import { listen, transports } from './harness/stream-clients.ts';

const base = composed();
const change = (from: string | RegExp, to: string): string => {
  const changed = base.replace(from, to);
  if (changed === base) throw new Error(`the supergraph has no ${from}`);
  return changed;
};
/** Without a field that nobody here uses but to see which supergraph is in use. */
const other = change('slow(ms: Int!): String @join__field(graph: USER)', '$& @inaccessible');
/** Without a field that clients used. */
const narrower = change('email: String! @join__field(graph: USER)', '$& @inaccessible');
const broken = base.slice(0, -200);
const unproved = change('unread: Int! @join__field(graph: NOTIFICATION)', '$& @authenticated');

let gateway: TestGateway;
const isOther = async () => Boolean((await gateway.query('{ slow(ms: 0) }')).errors);

/** Waits until no stream is open at a subgraph. */
const quiet = async () => {
  for (let n = 0; n < 200 && gateway.listeners() > 0; n++) await sleep(5);
};

describe.each(topologies)('a running gateway, subgraphs %s', (topology) => {
  beforeEach(async () => {
    gateway = await startGateway({ topology });
  });
  afterEach(() => gateway.stop());

  it('takes other supergraphs under load, and no request fails', async () => {
    const { token } = await gateway.provider.signIn([]);
    const problems: unknown[] = [];
    let answered = 0;
    let running = true;
    const load = Array.from({ length: 8 }, async (_, n) => {
      const alias = `a${n}`;
      while (running) {
        const query =
          n % 2 ? `{ ${alias}: hello unread }` : `{ ${alias}: me { name documents { name } notifications } }`;
        const { data, errors } = await gateway.query(query, { token });
        if (errors || !data?.[alias]) problems.push(errors ?? data);
        answered += 1;
      }
    });
    const rounds = [other, broken, narrower, unproved, base, other];
    const results: (Error | null)[] = [];
    for (const sdl of rounds) {
      await sleep(50);
      results.push(await gateway.replace(sdl));
    }
    running = false;
    await Promise.all(load);
    expect(problems).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    expect(results.map((result) => result instanceof StartupError)).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(results[3]?.message).toContain('Query.unread (notification)');
    expect(await isOther()).toBe(true);
  });

  it('finishes what began with the graph before', async () => {
    const slow = gateway.query('{ slow(ms: 600) users(count: 1) { email } }');
    await sleep(50);
    expect(await gateway.replace(narrower)).toBeNull();
    expect((await gateway.query('{ users(count: 1) { email } }')).errors?.[0]?.extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(await slow).toEqual({ data: { slow: 'done', users: [{ email: 'u0@example.com' }] } });
  });

  describe.each(transports)('with a stream over %s', (transport) => {
    const open = async (query: string) => {
      const { token } = await gateway.provider.signIn([]);
      const stream = listen(gateway, transport, { query, token });
      for (let n = 0; n < 200 && gateway.listeners() < 1; n++) await sleep(5);
      return stream;
    };

    it('goes on with it when it still fits, by the new graph', async () => {
      const stream = await open('subscription { securityEvents { id user { id name documents { name } } } }');
      gateway.emit({ id: '1', type: 'X', userId: 'ada' });
      const first = (await stream.event(0)).data;
      expect(await gateway.replace(narrower)).toBeNull();
      gateway.emit({ id: '2', type: 'X', userId: 'bob' });
      expect(first).toEqual({
        securityEvents: { id: '1', user: { id: 'ada', name: 'ada', documents: [{ name: 'ada.pdf' }] } },
      });
      expect(await stream.event(1)).toEqual({
        data: {
          securityEvents: { id: '2', user: { id: 'bob', name: 'bob', documents: [{ name: 'bob.pdf' }] } },
        },
      });
      stream.stop();
    });

    it('ends it with a code when it no longer fits', async () => {
      const stream = await open('subscription { securityEvents { id user { email } } }');
      expect(await gateway.replace(broken)).toBeInstanceOf(StartupError);
      gateway.emit({ id: '1', type: 'X', userId: 'ada' });
      expect((await stream.event(0)).errors).toBeUndefined();
      expect(await gateway.replace(narrower)).toBeNull();
      expect((await stream.event(1)).errors?.[0]?.extensions.code).toBe('SCHEMA_CHANGED');
      await stream.ended;
      await quiet();
      expect(gateway.listeners()).toBe(0);
      stream.stop();
    });

    it('asks to resume it when its events would come from elsewhere', async () => {
      const stream = await open('subscription { securityEvents { id type } }');
      // The field is then one of another subgraph: of the stream only the key is left.
      const moved = change(
        /type SecurityEvent\n([\s\S]*?)\{\n {2}id: ID!\n {2}type: String!/,
        'type SecurityEvent @join__type(graph: STORAGE, key: "id")\n$1{\n  id: ID!\n  type: String! @join__field(graph: STORAGE)',
      );
      expect(await gateway.replace(moved)).toBeNull();
      expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('RESUME_REQUIRED');
      stream.stop();
    });
  });
});

it('the graph before is forgotten, by requests and by streams', async () => {
  gateway = await startGateway({ topology: 'remote' });
  const { token } = await gateway.provider.signIn([]);
  const query = 'subscription { securityEvents { id user { name } } }';
  const streams = transports.map((transport) => listen(gateway, transport, { query, token }));
  for (let n = 0; n < 200 && gateway.listeners() < 2; n++) await sleep(5);
  const planners = () => countObjects(QueryPlanner);
  const before = planners();
  expect(before).toBeGreaterThan(0);
  for (const sdl of [other, base, other]) {
    await gateway.query('{ hello me { name } }', { token });
    expect(await gateway.replace(sdl)).toBeNull();
  }
  for (let n = 0; n < 40 && planners() > before; n++) await sleep(50);
  expect(planners()).toBeLessThanOrEqual(before);
  for (const stream of streams) stream.stop();
  await quiet();
  await gateway.stop();
});

describe('a followed file', () => {
  let folder: string;
  let file: string;
  let following: { stop(): void };
  beforeEach(async () => {
    gateway = await startGateway();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-supergraph-'));
    file = join(folder, 'supergraph.graphql');
    await writeFile(file, base);
  });
  afterEach(async () => {
    following.stop();
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  const follow = () => {
    const { logger } = gateway;
    following = followSupergraph({ file, current: base, replace: gateway.gateway.replaceSupergraph, logger });
  };
  const becomes = async (sdl: string) => {
    const wanted = sdl === other;
    for (let n = 0; n < 300 && (await isOther()) !== wanted; n++) await sleep(20);
    expect(await isOther()).toBe(wanted);
  };
  const refusals = () => gateway.logs.filter((line) => line.includes('is refused'));

  it('is taken when it is written, and when another takes its place', async () => {
    follow();
    await writeFile(file, other);
    await becomes(other);
    await writeFile(`${file}.new`, base);
    await rename(`${file}.new`, file);
    await becomes(base);
  });

  it('is taken from a volume that swaps a link to its folder', async () => {
    await rm(file);
    for (const [name, sdl] of [
      ['v1', base],
      ['v2', other],
    ] as const)
      await writeFile(join(folder, name), sdl);
    await symlink('v1', join(folder, '..data'));
    await symlink('..data', file);
    follow();
    await symlink('v2', join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));
    await becomes(other);
  });

  it('that is wrong is logged in one line, once, and the one before goes on', async () => {
    follow();
    await writeFile(file, broken);
    for (let n = 0; n < 200 && refusals().length === 0; n++) await sleep(10);
    await sleep(300);
    expect(refusals()).toHaveLength(1);
    expect(JSON.parse(refusals()[0] ?? '')).toMatchObject({
      file,
      problem: expect.stringContaining("can't be loaded"),
    });
    expect(await gateway.query('{ hello }')).toEqual({ data: { hello: 'Hello you' } });
    await rm(file);
    await sleep(300);
    await writeFile(file, other);
    await becomes(other);
  });
});
