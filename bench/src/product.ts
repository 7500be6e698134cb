import { setTimeout } from 'node:timers/promises';
import { people } from '@gatehouse/testkit/clients';
import { createDeployment, type Deployment, type Topology } from '../../e2e/topology/deployment.ts';
import { connections } from './contestant.ts';
import { median } from './gateways.ts';
import { cpuMs, startLoad } from './processes.ts';

export type ProductResults = {
  /** Of the `session` query, every connection with a session of its own. */
  rate: number;
  p99: number;
  /** Processor time of the serving process for one request, in microseconds. */
  cost: number;
  /** From the answer to `revokeSession` until the session's token is refused, in milliseconds. */
  revocations: { topology: Topology; count: number; p50: number; p99: number }[];
};

const query = '{ session { id permissions } }';
const revocationsEach = 25;
/** Between two tries whether a token still stands. */
const pollMs = 1;
const giveUpMs = 5_000;
const firstSignInPollMs = 100;

/** The product as it is started, with its own PostgreSQL. */
export async function measureProduct(options: { rounds: number; seconds: number }): Promise<ProductResults> {
  const standalone = await withDeployment('standalone', async (deployment, signIn) => {
    const rate = await sessionRate(deployment, signIn, options);
    return { ...rate, revocation: await revocationLatency(signIn) };
  });
  const distributed = await withDeployment(
    'distributed',
    async (_deployment, signIn) => await revocationLatency(signIn),
  );
  return {
    rate: standalone.rate,
    p99: standalone.p99,
    cost: standalone.cost,
    revocations: [
      { topology: 'standalone', ...standalone.revocation },
      { topology: 'distributed', ...distributed },
    ],
  };
}

type SignIn = () => ReturnType<ReturnType<typeof people>['signIn']>;

async function withDeployment<T>(
  topology: Topology,
  measure: (deployment: Deployment, signIn: SignIn) => Promise<T>,
): Promise<T> {
  const deployment = await createDeployment(topology, { LOG_LEVEL: 'warn', METRICS_PORT: '' });
  try {
    await deployment.start();
    const { url, administrator } = deployment;
    const { signIn } = people({ url, administrator });
    const asAdministrator = () => signIn(administrator);
    await firstSignIn(asAdministrator);
    return await measure(deployment, asAdministrator);
  } finally {
    await deployment.remove();
  }
}

/** The first administrator's password reaches the auth subgraph by an event, shortly after everything is ready. */
async function firstSignIn(signIn: SignIn): Promise<void> {
  const giveUp = performance.now() + giveUpMs;
  for (;;) {
    try {
      return void (await signIn());
    } catch (error) {
      if (performance.now() > giveUp) throw error;
      await setTimeout(firstSignInPollMs);
    }
  }
}

async function sessionRate(
  { url, pid }: Deployment,
  signIn: SignIn,
  options: { rounds: number; seconds: number },
) {
  const tokens: string[] = [];
  while (tokens.length < connections) tokens.push((await signIn()).tokens.accessToken);
  const load = startLoad();
  try {
    const order = {
      port: Number(new URL(url).port),
      host: new URL(url).host,
      tokens,
      body: JSON.stringify({ query }),
    };
    await load.measure({ ...order, seconds: 2 });
    const rates: number[] = [];
    const tails: number[] = [];
    const costs: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const before = cpuMs(pid());
      const { requests, requestsPerSecond, p99, failures, sample } = await load.measure({
        ...order,
        seconds: options.seconds,
      });
      if (failures > 0 || sample.includes('"errors"')) throw new Error(`the session query fails: ${sample}`);
      rates.push(requestsPerSecond);
      tails.push(p99);
      costs.push(((cpuMs(pid()) - before) * 1_000) / requests);
    }
    return { rate: median(rates) ?? 0, p99: median(tails) ?? 0, cost: median(costs) ?? 0 };
  } finally {
    load.stop();
  }
}

async function revocationLatency(signIn: SignIn) {
  const taken: number[] = [];
  const revoke = 'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }';
  const keeper = await signIn();
  for (let n = 0; n < revocationsEach; n++) {
    const victim = await signIn();
    await keeper.client.ask(revoke, { input: { sessionId: victim.tokens.sessionId } });
    const ended = performance.now();
    while ((await victim.client.refusal(query)) === null) {
      if (performance.now() - ended > giveUpMs) throw new Error('a revoked session is still answered');
      await setTimeout(pollMs);
    }
    taken.push(performance.now() - ended);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.floor(taken.length * share)] ?? 0;
  return { count: taken.length, p50: at(0.5), p99: at(0.99) };
}
