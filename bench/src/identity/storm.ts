import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Deployment } from '../../../e2e/topology/deployment.ts';
import { processesOf } from '../../../e2e/topology/processes.ts';
import { median } from '../gateways.ts';
import type { Measured } from '../load.ts';
import { pin, startAsker, startLoad } from '../processes.ts';
import type { FormMeasured } from './form-load.ts';
import type { Target } from './targets.ts';

export type Storm = {
  /** `session` queries per second, in peace and while people sign in. */
  peace: number;
  storm: number;
  logins: number;
  /** Of the event loop while people sign in, in ms. */
  delay: { p50: number; p99: number; max: number };
};

const sessionQuery = JSON.stringify({ query: '{ session { id permissions } }' });

type Round = {
  peace: Measured;
  storm: Measured;
  logins: FormMeasured;
  delay: Storm['delay'];
};

/**
 * `session` queries of people who are signed in, with and without a crowd that signs in again and again. The deployment has one core
 * and those who ask have the other, as for the gateways: what is lost is lost by the server, not by its load generator.
 */
export async function measureStorm(
  deployment: Deployment,
  given: {
    target: Target;
    sessions: string[];
    delayFile: string;
    rounds: number;
    seconds: number;
  },
): Promise<Storm> {
  const { target, sessions, delayFile, seconds } = given;
  for (const pid of await processesOf(deployment.pid(), deployment.dataDir)) pin(pid, 0);
  const crowd = startAsker('./identity/form-load.ts', 1);
  const queries = startLoad();
  const { port, host } = target.login;
  const order = { port, host, tokens: sessions, body: sessionQuery };
  const ask = async (): Promise<Measured> => {
    const measured = await queries.measure({ ...order, seconds });
    if (measured.failures > 0) throw new Error(`the session query fails: ${measured.sample}`);
    return measured;
  };
  const delayed = async () => {
    process.kill(deployment.pid(), 'SIGUSR2');
    await setTimeout(200);
    return JSON.parse(readFileSync(delayFile, 'utf8')) as Storm['delay'];
  };
  try {
    await ask();
    const rounds: Round[] = [];
    for (let round = 0; round < given.rounds; round++) {
      const peace = await ask();
      await delayed();
      const [storm, logins] = await Promise.all([
        ask(),
        crowd.ask<FormMeasured>({ ...target.login, seconds }),
      ]);
      rounds.push({ peace, storm, logins, delay: await delayed() });
    }
    const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick)) ?? 0;
    return {
      peace: of(({ peace }) => peace.requestsPerSecond),
      storm: of(({ storm }) => storm.requestsPerSecond),
      logins: of(({ logins }) => logins.requestsPerSecond),
      delay: {
        p50: of(({ delay }) => delay.p50),
        p99: of(({ delay }) => delay.p99),
        max: of(({ delay }) => delay.max),
      },
    };
  } finally {
    queries.stop();
    crowd.stop();
  }
}
