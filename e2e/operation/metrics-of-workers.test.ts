import { readMetrics } from '@gatehouse/testkit';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { signalAll, stillAlive } from '../topology/processes.ts';

const workers = 2;
let deployment: Deployment;
let story: ReturnType<typeof people>;

beforeAll(async () => {
  deployment = await createDeployment('standalone', { WORKERS: String(workers), LOG_LEVEL: 'fatal' });
  await deployment.start();
  story = people(deployment);
}, 120_000);
afterAll(() => deployment.remove());

const scrape = async () => readMetrics(await (await fetch(deployment.metricsUrls.standalone ?? '')).text());
const answered = { kind: 'query', outcome: 'OK' };
const operations = async () => (await scrape()).sum('gatehouse_gateway_operations_total', answered);

/** Its processes whose command line holds the text. */
const processesWith = async (text: string): Promise<number[]> =>
  (await stillAlive(await deployment.processes()))
    .filter(({ command }) => command.includes(text))
    .map(({ pid }) => pid);

/** One query over a connection of its own each time, so that they are spread over the workers. */
const ask = async (times: number) => {
  for (let index = 0; index < times; index++) {
    const response = await fetch(`${deployment.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: '{"query":"{ __typename }"}',
    });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  }
};

test('workers of one port are told as one, each of itself by its number', async () => {
  await story.administrator();
  const before = await operations();
  await ask(60);
  expect((await operations()) - before).toBe(60);

  const told = await scrape();
  expect(told.sum('gatehouse_auth_security_events_total', { type: 'LOGIN_SUCCEEDED' })).toBe(1);
  // All see the same outbox, but each has pools of its own.
  expect(told.sum('gatehouse_outbox_events', { outbox: 'auth' })).toBeLessThan(5);
  const pool = told.sum('gatehouse_database_pool_size', { pool: 'auth' });
  expect(pool % workers).toBe(0);
  expect(told.labelValues('process_resident_memory_bytes', 'worker').sort()).toEqual(['0', '1', '2']);
  const own = told.families.get('gatehouse_gateway_operations_total')?.samples ?? [];
  expect(own.every(({ labels }) => labels.worker === undefined)).toBe(true);
});

test('what a worker counted stays when it is killed, and its successor has its number', async () => {
  await ask(60);
  const before = await operations();
  const seen: number[] = [before];
  const rss = (told: Awaited<ReturnType<typeof scrape>>) =>
    told.labelValues('process_start_time_seconds', 'worker').sort();
  const victim = (await processesWith('standalone/src/main.ts'))
    .filter((pid) => pid !== deployment.pid())
    .at(-1);
  if (victim === undefined) throw new Error('there are no workers');
  process.kill(victim, 'SIGKILL');
  const deadline = Date.now() + 30_000;
  let back = false;
  while (!back && Date.now() < deadline) {
    const told = await scrape();
    seen.push(told.sum('gatehouse_gateway_operations_total', answered));
    back = seen.length > 10 && rss(told).length === workers + 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(back).toBe(true);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(rss(await scrape())).toEqual(['0', '1', '2']);
  await ask(30);
  expect((await operations()) - before).toBe(30);
});

test('many who scrape at once get whole answers, and the workers go on answering', async () => {
  const [texts] = await Promise.all([
    Promise.all(
      Array.from({ length: 40 }, async () => (await fetch(deployment.metricsUrls.standalone ?? '')).text()),
    ),
    ask(20),
  ]);
  for (const text of texts)
    expect(readMetrics(text).sum('gatehouse_gateway_operations_total')).toBeGreaterThan(0);
});

test('a database that hangs costs what is read from it, never the scrape', async () => {
  const database = await processesWith('postgres');
  const failures = 'gatehouse_metrics_read_failures_total';
  const before = await scrape();
  expect(before.families.get('gatehouse_outbox_oldest_seconds')?.samples.length).toBeGreaterThan(0);
  expect(before.sum('gatehouse_engine_up', { engine: 'postgresql' })).toBe(1);
  signalAll(database, 'SIGSTOP');
  try {
    for (let round = 0; round < 4; round++) {
      const startedAt = Date.now();
      const told = await scrape();
      expect(Date.now() - startedAt).toBeLessThan(10_000);
      expect(told.families.get('gatehouse_outbox_oldest_seconds')?.samples).toEqual([]);
      expect(told.sum('gatehouse_engine_up', { engine: 'postgresql' })).toBe(0);
      expect(told.sum('gatehouse_gateway_operations_total', answered)).toBeGreaterThan(0);
    }
  } finally {
    signalAll(database, 'SIGCONT');
  }
  await expect
    .poll(async () => (await scrape()).labelValues('gatehouse_outbox_oldest_seconds', 'outbox').sort(), {
      timeout: 30_000,
    })
    .toEqual(['auth', 'notification', 'storage', 'user']);
  expect((await scrape()).sum(failures)).toBeGreaterThan(before.sum(failures));
});
