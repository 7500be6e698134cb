import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Deployment } from '../../../e2e/topology/deployment.ts';
import { median } from '../gateways.ts';
import type { Measured } from '../load.ts';
import { type startAsker, startLoad } from '../processes.ts';
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

/** `session` queries of people who are signed in, with and without a crowd that signs in again and again. */
export async function measureStorm(
  deployment: Deployment,
  given: {
    load: ReturnType<typeof startAsker>;
    target: Target;
    sessions: string[];
    delayFile: string;
    rounds: number;
    seconds: number;
  },
): Promise<Storm> {
  const { load, target, sessions, delayFile, seconds } = given;
  const queries = startLoad('any');
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
        load.ask<FormMeasured>({ ...target.login, seconds }),
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
  }
}
