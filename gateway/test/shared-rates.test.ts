import { openRedis } from '@gatehouse/data/redis';
import { engineUrl, silentLogger } from '@gatehouse/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startRedis } from '../../scripts/engines/redis.ts';
import { defaultGatewayConfig } from '../src/index.ts';
import { createRedisStore } from '../src/rates/redis-store.ts';
import { startGateway } from './harness/gateway.ts';

async function connect(url: string) {
  const connection = openRedis({ url, logger: silentLogger });
  onTestFinished(connection.close);
  expect(await connection.ready()).toBe(true);
  return connection.client;
}

async function ownRedis() {
  const engine = await startRedis();
  onTestFinished(() => engine.stop());
  return engine;
}

describe.skipIf(!engineUrl('redis'))('rate limits over Redis', () => {
  it('are one quota for all gateways, whoever counts', async () => {
    const { url } = await ownRedis();
    const off = {
      windowSeconds: 60,
      anonymous: 0,
      address: 0,
      user: 0,
      client: 0,
      apiKey: 0,
      cost: 0,
      tokenFailures: 0,
    };
    const config = { rates: { ...defaultGatewayConfig.rates, ...off, anonymous: 10, operations: {} } };
    const gateways = await Promise.all(
      [1, 2].map(async () => await startGateway({ config, redis: await connect(url) })),
    );
    onTestFinished(async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => gateways[n % 2]?.post({ query: '{ hello }' })),
    );
    expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(10);
    expect(answers.filter((answer) => answer?.status === 429)).toHaveLength(40);
  });

  it('give back what did not fit, and begin anew with the window', async () => {
    const store = createRedisStore(await connect((await ownRedis()).url), silentLogger);
    expect(await store.read('cost a')).toBeUndefined();
    expect(await store.add('cost a', 2.5, 1)).toEqual({ used: 3, resetMs: expect.any(Number) });
    expect((await store.add('cost a', 10, 1)).used).toBe(13);
    expect((await store.add('cost a', -10, 1)).used).toBe(3);
    expect((await store.read('cost a'))?.used).toBe(3);
    expect((await store.add('cost b', 1, 1)).used).toBe(1);
    await vi.waitFor(async () => expect(await store.read('cost a')).toBeUndefined(), 2_000);
  });

  it('go on in each process while Redis is lost, and together when it is back', async () => {
    const engine = await ownRedis();
    const store = createRedisStore(await connect(engine.url), silentLogger);
    await store.add('a', 5, 60);
    await engine.halt('SIGKILL');
    expect((await store.add('a', 1, 60)).used).toBe(1);
    expect((await store.add('a', 1, 60)).used).toBe(2);
    await engine.resume();
    await vi.waitFor(async () => expect((await store.read('a'))?.used).toBe(5), 5_000);
  });

  it('wait for a Redis that hangs no longer than a moment, and then not at all', async () => {
    const engine = await ownRedis();
    const store = createRedisStore(await connect(engine.url), silentLogger);
    engine.signal('SIGSTOP');
    const started = Date.now();
    await store.add('a', 1, 60);
    expect(Date.now() - started).toBeLessThan(5_000);
    const again = Date.now();
    for (let n = 0; n < 20; n++) await store.add('a', 1, 60);
    expect(Date.now() - again).toBeLessThan(1_000);
    engine.signal('SIGCONT');
  });
});
