import { randomInt } from 'node:crypto';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { advance, type Newcomer, newcomer, verify } from './newcomers.ts';

const kills = 20;
const atOnce = 4;
let deployment: Deployment;

afterAll(() => deployment?.remove());

test('killed at any point, nothing is lost, nothing doubled, nothing half done', async () => {
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn' });
  const story = people(deployment);
  const newcomers: Newcomer[] = [];

  for (let round = 0; round < kills; round++) {
    await deployment.start();
    const { client: admin } = await story.administrator();
    const killed = new AbortController();
    const interrupted = newcomers.filter(({ promoted }) => promoted === 'not yet');
    const arrivals = Array.from({ length: atOnce }, async () => {
      const goesOn = interrupted.pop();
      if (goesOn) await advance(goesOn, story, admin).catch(() => {});
      while (!killed.signal.aborted) {
        const arrival = newcomer();
        newcomers.push(arrival);
        await advance(arrival, story, admin).catch(() => {});
      }
    });
    await someStepsOf(newcomers);
    await deployment.kill(round % 2 === 0 ? 'first process' : 'whole tree');
    killed.abort();
    await Promise.all(arrivals);
  }

  await deployment.start();
  const { client: admin } = await story.administrator();
  const queue = newcomers.values();
  const verdicts = Array.from({ length: atOnce }, async () => {
    for (const newcomer of queue) await verify(newcomer, story, admin);
  });
  await Promise.all(verdicts);
  // It was not killed before anything happened.
  expect(newcomers.filter(({ registered }) => registered === 'accepted').length).toBeGreaterThan(5);
  expect(newcomers.filter(({ promoted }) => promoted === 'accepted').length).toBeGreaterThan(0);
}, 240_000);

/** Until a random number of steps have been taken, and a random moment longer, in the middle of the next ones. */
async function someStepsOf(newcomers: Newcomer[]): Promise<void> {
  const taken = () =>
    newcomers
      .flatMap(({ registered, confirmed, promoted }) => [registered, confirmed, promoted])
      .filter((progress) => progress === 'accepted').length;
  const wanted = taken() + randomInt(0, 10);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (const deadline = Date.now() + 3_000; taken() < wanted && Date.now() < deadline; ) await pause(5);
  await pause(randomInt(1, 150));
}
