import { readMetrics } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { engines } from '../../scripts/engines/index.ts';
import { unwrittenMs } from '../../scripts/engines/mongodb.ts';
import { type Fleet, startFleet } from './faults/fleet.ts';
import { testRow } from './faults/test-row.ts';
import { within } from './faults/within.ts';

// A fleet whose Redis, MongoDB or mail server goes away while people use it.
const isComplete = !engines.redis.missing() && !engines.mongodb.missing();
if (!isComplete && process.env.CI)
  throw new Error('an engine is missing: run node scripts/engines/prepare.ts');

let fleet: Fleet;
beforeAll(async () => {
  if (isComplete) fleet = await startFleet(['Redis', 'MongoDB', 'SMTP']);
});
afterAll(() => fleet?.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the gateway tells that an engine answers. */
const isUp = async (engine: string) =>
  readMetrics(await (await fetch(fleet.deployment.metricsUrls.gateway ?? '')).text()).sum(
    'gatehouse_engine_up',
    { engine },
  );

describe.skipIf(!isComplete)('of the engines', () => {
  // Codes and revocations hold, and streams go on.
  testRow('Redis', () => fleet, {
    async around(column) {
      const { story } = fleet;
      const { email } = await story.register();
      const code = story.mailbox.codeOf(await story.mailbox.waitForMail({ to: email }));
      const leaving = await story.registerAndConfirm();
      const isRefused = async () =>
        expect(await leaving.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
      return async () => {
        // Nobody can be told of it, and the cache may have kept who it was.
        await leaving.client.ask('mutation { logout }');
        await within(3_000, isRefused);
        const confirmed = await story.confirm({ email, password: 'correct horse battery' }, code);
        if (['stopped', 'killed', 'paused', 'cut off'].includes(column))
          await within(3_000, async () => expect(await isUp('redis')).toBe(0));
        return async () => {
          await within(5_000, async () => expect(await isUp('redis')).toBe(1));
          await isRefused();
          expect(await confirmed.client.refusal('{ me { id } }')).toBeNull();
          await within(5_000, expectLiveEvent);
          await isRefused();
        };
      };
    },
  });

  testRow('MongoDB', () => fleet, {
    async around(column, traffic) {
      await pause(unwrittenMs);
      const from = Date.now();
      return async () => {
        if (column === 'killed' || column === 'disk full') traffic.disregardDocuments(from - unwrittenMs);
        if (column === 'slow') return;
        const kinds = column === 'disk full' ? (['upload'] as const) : (['upload', 'download'] as const);
        await Promise.all(
          kinds.map((kind) => traffic.next(kind, ({ answer }) => answer === 'CONTENT_UNAVAILABLE', 20_000)),
        );
      };
    },
  });

  // What is mailed meanwhile comes later.
  const waiting: string[] = [];
  testRow('SMTP', () => fleet, {
    async around(column) {
      const { story } = fleet;
      return async () => {
        const { email } = await story.register();
        await pause(500);
        if (column !== 'slow') expect(await story.mailbox.mailsTo(email)).toEqual([]);
        waiting.push(email);
      };
    },
    async atTheEnd() {
      for (const to of waiting) await fleet.story.mailbox.waitForMail({ to }, 60_000);
    },
  });
});

/** An event of somebody new comes at once, and not only when the stream looks by itself. */
async function expectLiveEvent(): Promise<void> {
  const { story } = fleet;
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
