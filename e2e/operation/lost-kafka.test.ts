import { type Person, people } from '@gatehouse/testkit/clients';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engines } from '../../scripts/engines/index.ts';
import { startKafka } from '../../scripts/engines/kafka.ts';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { freePorts } from '../topology/free-ports.ts';
import { faults, type Part } from './faults/faults.ts';
import { networkTo } from './faults/network.ts';
import { type RoleChanges, startRoleChanges } from './faults/role-changes.ts';
import { type Outcome, startTraffic, type Traffic } from './faults/traffic.ts';

// A fleet whose Kafka goes away while people use it.
const missing = engines.kafka.missing();
if (missing && process.env.CI)
  throw new Error(`kafka is missing (${missing}): run node scripts/engines/prepare.ts`);

let deployment: Deployment;
let story: ReturnType<typeof people>;
let part: Part;
let administrator: Person;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (missing) return;
  const port = await freePorts(1);
  const engine = await startKafka({ advertisedPort: port });
  closing.push(engine.stop);
  const network = await networkTo(`tcp://${engine.url}`, port);
  closing.push(network.close);
  part = { engine, network };
  deployment = await createDeployment('distributed', {
    LOG_LEVEL: 'warn',
    KAFKA_BROKERS: `127.0.0.1:${port}`,
  });
  closing.push(deployment.remove);
  await deployment.start();
  story = people(deployment);
  administrator = await story.signIn(deployment.administrator);
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

let traffic: Traffic;
let changes: RoleChanges;
beforeEach(async () => {
  if (missing) return;
  traffic = await startTraffic(story);
  changes = await startRoleChanges(story, administrator);
});
afterEach(async () => {
  if (missing) return;
  await changes.stop();
  const { documents, events, wrong } = await traffic.stop();
  expect(wrong).toEqual([]);
  expect(documents).toBeGreaterThan(1);
  expect(events).toBeGreaterThan(5);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const readiness = async () => (await fetch(`${deployment.url}/readyz`)).json();
/** Longer than a consumer may be silent. */
const pausedMs = 10_500;

describe.skipIf(missing)('Kafka', () => {
  test.each(faults)('$name: nothing fails, and each event is applied once and in order', async (fault) => {
    await changes.applied(3);
    const from = Date.now();
    await fault.begin(part);
    await within(5_000, async () =>
      expect(await readiness()).toEqual({ status: 'ready', degraded: ['events'] }),
    );
    const { email } = await story.register();
    const lastsMs = fault.name === 'paused' ? pausedMs : fault.lastsMs;
    await pause(Math.max(0, lastsMs - (Date.now() - from)));
    await fault.end(part);

    await within(10_000, async () => expect(await readiness()).toEqual({ status: 'ready' }));
    // What was asked for meanwhile comes now.
    const code = story.mailbox.codeOf(await story.mailbox.waitForMail({ to: email }));
    const person = await story.confirm({ email, password: 'correct horse battery' }, code);
    expect(await person.client.refusal('{ me { id } }')).toBeNull();
    const { made, log } = await changes.stop();
    expect(log).toEqual(made);
    const isFine = ({ answer, milliseconds }: Outcome) => answer === 'ok' && milliseconds < 6_000;
    expect(traffic.outcomes.filter((one) => one.startedAt >= from && !isFine(one))).toEqual([]);
  });
});

async function within(ms: number, attempt: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + ms; ; await pause(50)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
