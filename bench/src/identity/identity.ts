import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { createDeployment, type Deployment } from '../../../e2e/topology/deployment.ts';
import { processesOf } from '../../../e2e/topology/processes.ts';
import { median } from '../gateways.ts';
import { cpuMs, startAsker, startHelper } from '../processes.ts';
import type { FormMeasured } from './form-load.ts';
import { measureStorm, type Storm } from './storm.ts';
import {
  crowd,
  type Floor,
  floorTarget,
  type OperationName,
  operationNames,
  ourTarget,
  type Target,
} from './targets.ts';

export type Figure = {
  /** Per second. */
  rate: number;
  /** Milliseconds. */
  p99: number;
  /** Processor time for one, in milliseconds: of the serving processes, and of PostgreSQL. */
  cpu: number;
  databaseCpu: number;
};

export type IdentityResults = {
  /** How many processes serve when there is one for each core. */
  perCore: number;
  operations: { name: OperationName; processes: number; ours: Figure; floor: Figure }[];
  /** Passwords compared per second by the pool alone. */
  ceiling: number;
  storm: Storm;
};

/** Milliseconds of processor time so far, by process. */
type Used = Map<number, number>;
type Contestant = { target: Target; cpu(): Promise<Used>; databaseCpu(): Promise<Used> };
type Size = { rounds: number; seconds: number };
type Load = ReturnType<typeof startAsker>;

const warmSeconds = 4;

/** Token and sign-in figures of the standalone product, beside a hand-written issuer on the same PostgreSQL. */
export async function measureIdentity(size: Size): Promise<IdentityResults> {
  const perCore = availableParallelism();
  const operations: IdentityResults['operations'] = [];
  const atRest = operationNames.filter((name) => name !== 'login');
  if (perCore > 1) {
    await serve(perCore, async ({ compare }) => {
      for (const name of atRest) operations.push(await compare(name, size));
    });
  }
  const rest = await serve(1, async ({ compare, deployment, delayFile, target, sessions }) => {
    for (const name of operationNames) operations.push(await compare(name, size));
    const { rounds } = size;
    const seconds = secondsOf('login', size);
    const ceiling = await measureCeiling({ rounds, seconds });
    const storm = await measureStorm(deployment, { target, sessions, delayFile, rounds, seconds });
    return { ceiling, storm };
  });
  return { perCore, operations, ...rest };
}

type Served = {
  deployment: Deployment;
  delayFile: string;
  target: Target;
  sessions: string[];
  compare(name: OperationName, size: Size): Promise<IdentityResults['operations'][number]>;
};

/** The product and the hand-written issuer, each as so many processes, for as long as `fn` takes. */
async function serve<T>(processes: number, fn: (served: Served) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const delayFile = join(folder, 'delay.json');
  const deployment = await createDeployment('standalone', {
    LOG_LEVEL: 'error',
    BCRYPT_COST: '12',
    WORKERS: String(processes),
    METRICS_PORT: '',
    // The file is of one process.
    ...(processes === 1 && {
      NODE_OPTIONS: `--import=${new URL('event-loop-delay.ts', import.meta.url).href}`,
      BENCH_DELAY_FILE: delayFile,
    }),
  });
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true }), deployment.remove];
  try {
    await deployment.start();
    const load = startAsker('./identity/form-load.ts');
    closing.push(load.stop);
    const floor = await startHelper<Floor>('./identity/minimal-issuer.ts', {
      BENCH_DATABASE_URL: (await findEmbeddedPostgres(deployment.dataDir)) ?? '',
      BENCH_PROCESSES: String(processes),
    });
    closing.push(floor.stop);

    const cpuOf = async (wanted: (pid: number) => boolean) =>
      usedBy((await processesOf(deployment.pid(), deployment.dataDir)).filter(wanted));
    const databaseCpu = () => cpuOf((pid) => !isProduct(pid));
    const { target, sessions } = await ourTarget(deployment);
    const ours: Contestant = { target, cpu: () => cpuOf(isProduct), databaseCpu };
    const theirs: Contestant = {
      target: await floorTarget(floor),
      cpu: async () => usedBy(floor.pids),
      databaseCpu,
    };
    const compare: Served['compare'] = async (name, size) => {
      const [mine, least]: [Figure[], Figure[]] = [[], []];
      for (const contestant of [ours, theirs]) await warmUp(load, contestant, name);
      for (let round = 0; round < size.rounds; round++) {
        mine.push(await measureWarm(load, ours, name, size));
        least.push(await measureWarm(load, theirs, name, size));
      }
      return { name, processes, ours: middle(mine), floor: middle(least) };
    };
    return await fn({ deployment, delayFile, target, sessions, compare });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

const usedBy = (pids: number[]): Used => new Map(pids.map((pid) => [pid, cpuMs(pid)]));

/** Of the processes that are there now; connections that nobody needed have ended with what theirs used. */
const usedSince = (before: Used, now: Used): number =>
  [...now].reduce((total, [pid, ms]) => total + ms - (before.get(pid) ?? 0), 0);

/** Whether a process of a deployment is the product's own, and not PostgreSQL's. */
function isProduct(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('standalone/src/main.ts');
  } catch {
    return false;
  }
}

/** The pool of the product comparing passwords and doing nothing else. */
async function measureCeiling({ rounds, seconds }: Size): Promise<number> {
  const ceiling = await startHelper<object>('./identity/hash-ceiling.ts');
  try {
    const most: number[] = [];
    for (let round = 0; round < rounds; round++)
      most.push(await ceiling.ask<number>({ seconds, connections: crowd }));
    return median(most) ?? 0;
  } finally {
    ceiling.stop();
  }
}

/** A login takes a third of a second, of which enough have to end within a round; the rest begins with new connections. */
const secondsOf = (name: OperationName, { seconds }: { seconds: number }) =>
  Math.max(name === 'login' ? 8 : 2, seconds);

async function measure(load: Load, one: Contestant, name: OperationName, seconds: number): Promise<Figure> {
  const order = one.target[name];
  const [before, databaseBefore] = [await one.cpu(), await one.databaseCpu()];
  const { requests, requestsPerSecond, p99, failures, sample, bodies } = await load.ask<FormMeasured>({
    ...order,
    seconds,
  });
  if (failures > 0 || sample.includes('"errors"') || sample.includes('"active":false'))
    throw new Error(`${name} fails: ${sample}`);
  one.target[name] = { ...order, bodies };
  return {
    rate: requestsPerSecond,
    p99,
    cpu: usedSince(before, await one.cpu()) / requests,
    databaseCpu: usedSince(databaseBefore, await one.databaseCpu()) / requests,
  };
}

/** A round. While the other one was asked V8 has tidied up here, and compiled code with it: that is not what a steady load meets. */
async function measureWarm(load: Load, one: Contestant, name: OperationName, size: Size): Promise<Figure> {
  if (name !== 'login') await measure(load, one, name, warmSeconds);
  return await measure(load, one, name, secondsOf(name, size));
}

/** Asks until the rate grows no more; a login does too little of everything but hashing to be waited for. */
async function warmUp(load: Load, one: Contestant, name: OperationName): Promise<void> {
  let best = 0;
  for (let still = 0, asked = 0; still < 3 && asked < 12; asked++) {
    const { rate } = await measure(load, one, name, 1.5);
    still = rate > best * 1.03 ? 0 : still + 1;
    best = Math.max(best, rate);
    if (name === 'login') return;
  }
}

const middle = (figures: Figure[]): Figure => ({
  rate: median(figures.map(({ rate }) => rate)) ?? 0,
  p99: median(figures.map(({ p99 }) => p99)) ?? 0,
  cpu: median(figures.map(({ cpu }) => cpu)) ?? 0,
  databaseCpu: median(figures.map(({ databaseCpu }) => databaseCpu)) ?? 0,
});
