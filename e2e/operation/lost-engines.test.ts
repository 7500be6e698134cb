import { readMetrics } from '@gatehouse/testkit';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engines, type RunningEngine, startEnginesFor } from '../../scripts/engines/index.ts';
import { unwrittenMs } from '../../scripts/engines/mongodb.ts';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { faults, type Part } from './faults/faults.ts';
import { networkTo } from './faults/network.ts';
import { describe as describeTraffic, type Outcome, startTraffic, type Traffic } from './faults/traffic.ts';

// A fleet whose Redis or MongoDB goes away while people use it.
const isComplete = !engines.redis.missing() && !engines.mongodb.missing();
if (!isComplete && process.env.CI)
  throw new Error('an engine is missing: run node scripts/engines/prepare.ts');

let deployment: Deployment;
let story: ReturnType<typeof people>;
const parts = {} as Record<'redis' | 'mongodb', Part>;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (!isComplete) return;
  const started = await startEnginesFor(['redis', 'mongodb']);
  closing.push(started.stop);
  for (const name of ['redis', 'mongodb'] as const) {
    const engine = started.running.get(name) as RunningEngine;
    const network = await networkTo(engine.url);
    closing.push(network.close);
    parts[name] = { engine, network };
  }
  deployment = await createDeployment('distributed', {
    LOG_LEVEL: 'warn',
    REDIS_URL: parts.redis.network.url,
    MONGODB_URL: parts.mongodb.network.url,
  });
  closing.push(deployment.remove);
  await deployment.start();
  story = people(deployment);
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

let traffic: Traffic;
beforeEach(async () => {
  if (isComplete) traffic = await startTraffic(story);
});
afterEach(async () => {
  if (!isComplete) return;
  const { documents, events, wrong } = await traffic.stop();
  expect(wrong).toEqual([]);
  expect(documents).toBeGreaterThan(1);
  expect(events).toBeGreaterThan(5);
});

const isFine = ({ answer }: Outcome) => answer === 'ok';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const readiness = async () => (await fetch(`${deployment.url}/readyz`)).json();

/** Whether the gateway tells that an engine answers. */
const isUp = async (engine: string) =>
  readMetrics(await (await fetch(deployment.metricsUrls.gateway ?? '')).text()).sum('gatehouse_engine_up', {
    engine,
  });

/** What was begun since then and is not as it should be. */
const unlike = (from: number, expected: (outcome: Outcome) => boolean) =>
  traffic.outcomes.filter((outcome) => outcome.startedAt >= from && !expected(outcome));

describe.skipIf(!isComplete)('Redis', () => {
  test.each(faults)('$name: nothing fails, codes and revocations hold, streams go on', async (fault) => {
    const { mailbox } = story;
    const { email } = await story.register();
    const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
    const leaving = await story.registerAndConfirm();
    await traffic.next('download', isFine, 10_000);
    const from = Date.now();
    await fault.begin(parts.redis);
    const lasting = pause(fault.lastsMs);

    // Nobody can be told of it, and the cache may have kept who it was.
    await leaving.client.ask('mutation { logout }');
    await within(3_000, async () =>
      expect(await leaving.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    );
    const confirmed = await story.confirm({ email, password: 'correct horse battery' }, code);
    await lasting;
    expect(await readiness()).toEqual({ status: 'ready', degraded: ['cache'] });
    expect(await isUp('redis')).toBe(0);
    await fault.end(parts.redis);

    await within(5_000, async () => expect(await readiness()).toEqual({ status: 'ready' }));
    await within(5_000, async () => expect(await isUp('redis')).toBe(1));
    expect(await leaving.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
    expect(await confirmed.client.refusal('{ me { id } }')).toBeNull();
    await within(5_000, () => expectLiveEvent());
    expect(await leaving.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
    expect(unlike(from, (one) => isFine(one) && one.milliseconds < 6_000)).toEqual([]);
  });
});

describe.skipIf(!isComplete)('MongoDB', () => {
  test.each(faults)('$name: content says that it is not there, all else goes on', async (fault) => {
    await traffic.next('download', isFine, 10_000);
    await pause(unwrittenMs);
    const from = Date.now();
    await fault.begin(parts.mongodb);
    if (fault.name === 'killed') traffic.disregardDocuments(from - unwrittenMs);
    await Promise.all([
      pause(fault.lastsMs),
      ...(['upload', 'download'] as const).map((kind) =>
        traffic.next(kind, ({ answer }) => answer === 'CONTENT_UNAVAILABLE', 20_000),
      ),
    ]);
    await fault.end(parts.mongodb);
    await traffic.next('upload', isFine, 10_000);
    await traffic.next('download', isFine, 10_000);

    const whatMayBe = ['ok', 'ok in the end', 'CONTENT_UNAVAILABLE', 'broken off', 'disregarded'];
    const isContent = ({ kind }: Outcome) => kind === 'upload' || kind === 'download';
    expect(
      unlike(from, (one) => (isContent(one) ? whatMayBe.includes(one.answer) : isFine(one))),
      describeTraffic(traffic.outcomes, from),
    ).toEqual([]);
  });
});

/** An event of somebody new comes at once, and not only when the stream looks by itself. */
async function expectLiveEvent(): Promise<void> {
  const person = await story.registerAndConfirm();
  const stream = person.client.subscribe('subscription { securityEvents { type } }', {}, 'sse');
  try {
    await pause(100);
    await story.signIn(person);
    await stream.next(1_000);
  } finally {
    stream.close();
  }
}

async function within(ms: number, attempt: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + ms; ; await pause(50)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
