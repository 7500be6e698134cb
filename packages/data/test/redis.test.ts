import { engineUrl, silentLogger } from '@gatehouse/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunningEngine } from '../../../scripts/engines/index.ts';
import { startRedis, startSentinel } from '../../../scripts/engines/redis.ts';
import { parseRedisUrl, whileLost } from '../src/index.ts';
import { openRedis, openRedisKeyValue, openRedisPubSub, type RedisConnection } from '../src/redis/index.ts';
import { keyValueContract } from './contract/key-value.ts';
import { pubSubContract } from './contract/pub-sub.ts';

const shared = engineUrl('redis');
const logger = silentLogger;
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function connect(url: string): Promise<RedisConnection> {
  const connection = openRedis({ url, logger });
  closing.push(connection.close);
  expect(await connection.ready()).toBe(true);
  return connection;
}

async function openPubSub(url: string) {
  const connection = await connect(url);
  const pubSub = openRedisPubSub({ connection, logger, heartbeatMs: 100 });
  await (await pubSub.subscribe('opened', () => {}))();
  return pubSub;
}

async function command(url: string, ...words: [string, ...string[]]): Promise<unknown> {
  const admin = new Redis(url);
  try {
    return await admin.call(...words);
  } finally {
    admin.disconnect();
  }
}

/** Ends all connections but those that do so, of all servers at once. */
async function cut(urls: string[]): Promise<void> {
  const admins = urls.map((url) => new Redis(url));
  await Promise.all(admins.map((admin) => admin.ping()));
  const kill = (type: string) =>
    admins.map((admin) => admin.call('client', 'kill', 'type', type, 'skipme', 'yes'));
  await Promise.all([...kill('pubsub'), ...kill('normal')]).finally(() => {
    for (const admin of admins) admin.disconnect();
  });
}

describe.skipIf(!shared)('one server', () => {
  const url = `${shared}/7`;
  const openKeyValue = async () => {
    await command(url, 'flushdb');
    return openRedisKeyValue(await connect(url));
  };
  keyValueContract('Redis', openKeyValue);
  keyValueContract('Redis that may be lost', async () => whileLost(await openKeyValue(), { logger }));
  pubSubContract(
    'Redis',
    () => openPubSub(url),
    () => cut([url]),
  );
});

describe.skipIf(!shared)('a cluster', () => {
  const nodes: RunningEngine[] = [];
  let url: string;
  beforeAll(async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
    nodes.push(...(await Promise.all([startRedis(args), startRedis(args)])));
    const [one, two] = nodes.map((node) => node.url) as [string, string];
    await command(one, 'cluster', 'addslotsrange', '0', '8191');
    await command(two, 'cluster', 'addslotsrange', '8192', '16383');
    await command(one, 'cluster', 'meet', '127.0.0.1', new URL(two).port);
    for (const node of [one, two]) {
      await vi.waitFor(
        async () => expect(await command(node, 'cluster', 'info')).toContain('cluster_state:ok'),
        5_000,
      );
    }
    url = `redis+cluster://${new URL(one).host},${new URL(two).host}`;
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  keyValueContract('Redis Cluster', async () => openRedisKeyValue(await connect(url)));
  pubSubContract(
    'Redis Cluster',
    () => openPubSub(url),
    () => cut(nodes.map((node) => node.url)),
  );
});

describe.skipIf(!shared)('Sentinel', () => {
  it('leads to the server that took over, and tells that messages may have been missed', async () => {
    const first = await startRedis(['--repl-diskless-sync-delay', '0']);
    const { port } = new URL(first.url);
    const second = await startRedis(['--replicaof', '127.0.0.1', port]);
    const sentinel = await startSentinel(Number(port));
    onTestFinished(async () => {
      await Promise.all([first.stop(), second.stop(), sentinel.stop()]);
    });
    await vi.waitFor(
      async () => expect(await command(second.url, 'info', 'replication')).toContain('master_link_status:up'),
      5_000,
    );
    await vi.waitFor(
      async () => expect(await command(sentinel.url, 'sentinel', 'replicas', 'main')).toHaveLength(1),
      15_000,
    );

    const connection = await connect(`redis+sentinel://${new URL(sentinel.url).host}/main`);
    const store = openRedisKeyValue(connection);
    const pubSub = openRedisPubSub({ connection, logger, heartbeatMs: 100 });
    const states: boolean[] = [];
    const got: object[] = [];
    await pubSub.subscribe('news', (message) => got.push(message));
    pubSub.onConnectionChange((connected) => states.push(connected));
    await store.set('kept', '1');
    await vi.waitFor(async () => expect(await command(second.url, 'get', 'gatehouse:kept')).toBe('1'), 2_000);

    await first.halt('SIGKILL');
    await vi.waitFor(() => expect(states).toEqual([true, false, true]), 15_000);
    await pubSub.publish('news', { n: 1 });
    await vi.waitFor(() => expect(got).toEqual([{ n: 1 }]), 5_000);
    expect(await store.get('kept')).toBe('1');
    expect(await store.increment('count')).toBe(1);
    await pubSub.close();
  });
});

describe.skipIf(!shared)('a server with an ACL', () => {
  it('takes a user who may reach our keys and channels only, and refuses another at once', async () => {
    const rights = '+@all -@admin -@dangerous +info ~gatehouse:* &gatehouse:*';
    const engine = await startRedis([
      ...['--user', 'gatehouse', 'on', '>pass@word', ...rights.split(' ')],
      ...['--user', 'default', 'off'],
    ]);
    onTestFinished(() => engine.stop());
    const { host } = new URL(engine.url);
    const connection = await connect(`redis://gatehouse:pass%40word@${host}`);
    expect(await openRedisKeyValue(connection).increment('count')).toBe(1);
    const pubSub = openRedisPubSub({ connection, logger });
    const heard = new Promise((resolve) => void pubSub.subscribe('news', resolve));
    pubSub.onConnectionChange((connected) => void (connected && pubSub.publish('news', { n: 1 })));
    expect(await heard).toEqual({ n: 1 });
    await pubSub.close();

    const wrong = openRedis({ url: `redis://gatehouse:wrong@${host}`, logger });
    await expect(wrong.ready()).rejects.toThrow(`Redis at ${host} can't be used: WRONGPASS`);
  });
});

describe('a Redis URL', () => {
  it.each([
    ['redis://cache', { kind: 'server', addresses: [{ host: 'cache', port: 6379 }], tls: false, db: 0 }],
    [
      'rediss://us%40er:p%2Fw@[::1]:7000/3',
      {
        kind: 'server',
        addresses: [{ host: '::1', port: 7000 }],
        tls: true,
        db: 3,
        username: 'us@er',
        password: 'p/w',
      },
    ],
    [
      'redis://:secret@cache',
      { kind: 'server', addresses: [{ host: 'cache', port: 6379 }], tls: false, db: 0, password: 'secret' },
    ],
    [
      'redis+sentinel://one,two:26380/main/2?sentinelPassword=x',
      {
        kind: 'sentinel',
        addresses: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 26_380 },
        ],
        tls: false,
        db: 2,
        master: 'main',
        sentinelPassword: 'x',
      },
    ],
    [
      'rediss+cluster://user:pw@one:1,two:2',
      {
        kind: 'cluster',
        addresses: [
          { host: 'one', port: 1 },
          { host: 'two', port: 2 },
        ],
        tls: true,
        db: 0,
        username: 'user',
        password: 'pw',
      },
    ],
  ])('%s', (text, target) => expect(parseRedisUrl(text)).toEqual(target));

  it.each([
    '',
    'http://cache',
    'redis://',
    'redis://one,two',
    'redis://cache:0',
    'redis://cache:70000',
    'redis://cache/x',
    'redis://cache/1/2',
    'redis://cache?db=1',
    'redis://%zz@cache',
    'redis+sentinel://one',
    'redis+cluster://one/1',
  ])('is not %s', (text) => expect(parseRedisUrl(text)).toBeUndefined());
});
