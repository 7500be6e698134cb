import { isDeepStrictEqual } from 'node:util';
import { nodeFlagsOf } from '../../scripts/lib/node-flags.ts';
import { connections } from './contestant.ts';
import { queries } from './graph.ts';
import { type Running, startContestant, startLoad, startSubgraphs } from './processes.ts';
import { readyAnswers } from './ready-answers.ts';

type Contestant = { name: string; script: string; remote?: boolean; rust?: boolean };

export const ours = { local: 'gatehouse, in process', remote: 'gatehouse, remote' } as const;
export const floor = 'node:http, ready object';

const contestants: readonly Contestant[] = [
  { name: floor, script: 'floor-http.ts' },
  { name: 'fastify, ready object', script: 'floor-fastify.ts' },
  { name: ours.local, script: 'gatehouse.ts' },
  { name: 'apollo, in process', script: 'apollo.ts' },
  { name: 'hive, in process', script: 'hive.ts' },
  { name: 'hive + rust planner, in process', script: 'hive.ts', rust: true },
  { name: ours.remote, script: 'gatehouse.ts', remote: true },
  { name: 'apollo, remote', script: 'apollo.ts', remote: true },
  { name: 'hive, remote', script: 'hive.ts', remote: true },
  { name: 'hive + rust planner, remote', script: 'hive.ts', remote: true, rust: true },
  { name: 'mercurius, remote', script: 'mercurius.ts', remote: true },
];

const distinctCount = 10_000;
/** Long enough for V8 to have compiled what is hot, on a slow machine too. */
const warmUpSeconds = 2;

export type GatewayRow = {
  name: string;
  /** Requests per second by query, median of the rounds; null where the answer was wrong or none. */
  rates: Record<string, number | null>;
  /** Processor time of the gateway's process for one request, in microseconds; median of the rounds. */
  costs: Record<string, number | null>;
  problem?: string;
  residentMb: number;
};

export type GatewayResults = {
  rows: GatewayRow[];
  /** Resident memory of ours before and after many operations that were never seen before. */
  distinct: { operations: number; beforeMb: number; afterMb: number } | null;
  latency: { rate: number; p99: number; floorP99: number; addedP99: number } | null;
};

/** Measures every contestant with every query, in rounds that take turns, and checks every answer. */
export async function measureGateways(options: { rounds: number; seconds: number }): Promise<GatewayResults> {
  const answers = await readyAnswers();
  const subgraphs = await startSubgraphs();
  const load = startLoad();
  const running: (Running & { rates: Map<string, number[]>; costs: Map<string, number[]> })[] = [];
  const rows: GatewayRow[] = [];
  try {
    for (const { name, script, remote, rust } of contestants) {
      const env = {
        BENCH_SUBGRAPHS: JSON.stringify(subgraphs.ports),
        ...(remote && { BENCH_REMOTE: '1' }),
        ...(rust && { BENCH_RUST: '1' }),
      };
      // As `npm start` starts it.
      const flags = script === 'gatehouse.ts' ? nodeFlagsOf('gateway') : [];
      try {
        running.push({
          ...(await startContestant(name, script, env, flags)),
          rates: new Map(),
          costs: new Map(),
        });
      } catch (error) {
        rows.push({ name, rates: {}, costs: {}, problem: (error as Error).message, residentMb: 0 });
      }
    }
    const ask = (one: Running, query: string, seconds: number, rate?: number) =>
      load.measure({
        port: one.port,
        tokens: one.tokens.slice(0, connections),
        body: JSON.stringify({ query }),
        seconds,
        ...(rate && { rate }),
      });
    const problems = new Map<string, string>();
    for (const one of running) {
      for (const [title, query] of Object.entries(queries)) {
        const problem = await warmUp(() => ask(one, query, warmUpSeconds), answers.get(query));
        if (problem) problems.set(`${one.name}|${title}`, problem);
      }
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const [title, query] of Object.entries(queries)) {
        for (const one of running) {
          if (problems.has(`${one.name}|${title}`)) continue;
          try {
            const before = one.cpuMs();
            const { requestsPerSecond, requests } = await ask(one, query, options.seconds);
            one.rates.set(title, [...(one.rates.get(title) ?? []), requestsPerSecond]);
            const cost = ((one.cpuMs() - before) * 1_000) / requests;
            one.costs.set(title, [...(one.costs.get(title) ?? []), cost]);
          } catch (error) {
            problems.set(`${one.name}|${title}`, (error as Error).message);
          }
        }
      }
    }
    for (const one of running) {
      const rates = medians(one.rates);
      const costs = medians(one.costs);
      const found = [...problems].flatMap(([key, problem]) =>
        key.startsWith(`${one.name}|`) ? [problem] : [],
      );
      rows.push({
        name: one.name,
        rates,
        costs,
        ...(found[0] && { problem: found[0] }),
        residentMb: one.residentMb(),
      });
    }
    const latency = await addedLatency(running, ask, options);
    return { rows: inOrder(rows), latency, distinct: await distinctOperations(running, load) };
  } finally {
    for (const one of running) one.stop();
    load.stop();
    subgraphs.stop();
  }
}

/** Warms a contestant up and checks what it answers; the problem, if there is one. */
async function warmUp(
  measure: () => ReturnType<ReturnType<typeof startLoad>['measure']>,
  expected: unknown,
): Promise<string | undefined> {
  try {
    const { failures, sample } = await measure();
    if (failures > 0) return `refuses: ${sample.slice(0, 200)}`;
    const { data, errors } = JSON.parse(sample) as { data?: unknown; errors?: unknown };
    const isRight = !errors && isDeepStrictEqual({ data }, expected);
    return isRight ? undefined : `answers wrongly: ${sample.slice(0, 200)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Memory over operations that differ: whether the caches are bounded. */
async function distinctOperations(
  running: Running[],
  load: ReturnType<typeof startLoad>,
): Promise<GatewayResults['distinct']> {
  const own = running.find(({ name }) => name === ours.local);
  if (!own) return null;
  const query = (queries['four subgraphs'] as string).replace('Four', 'Four_00000000');
  const beforeMb = own.residentMb();
  let operations = 0;
  while (operations < distinctCount) {
    const order = { port: own.port, tokens: own.tokens, body: JSON.stringify({ query }), distinct: true };
    const { requests, failures, sample } = await load.measure({ ...order, seconds: 1 });
    if (failures > 0) throw new Error(`distinct operations: ${sample}`);
    operations += requests;
  }
  return { operations, beforeMb, afterMb: own.residentMb() };
}

/** What ours adds to the floor's 99th percentile when both are at half of what ours can do; medians of rounds that take turns. */
async function addedLatency(
  running: (Running & { rates: Map<string, number[]>; costs: Map<string, number[]> })[],
  ask: (one: Running, query: string, seconds: number, rate?: number) => Promise<{ p99: number }>,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<GatewayResults['latency']> {
  const own = running.find(({ name }) => name === ours.local);
  const bare = running.find(({ name }) => name === floor);
  const title = 'four subgraphs';
  const best = own && median(own.rates.get(title) ?? []);
  if (!own || !bare || !best) return null;
  const rate = Math.round(best / 2);
  const query = queries[title] as string;
  const [own99, floor99]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own99.push((await ask(own, query, seconds, rate)).p99);
    floor99.push((await ask(bare, query, seconds, rate)).p99);
  }
  const [p99, floorP99] = [median(own99) ?? 0, median(floor99) ?? 0];
  return { rate, p99, floorP99, addedP99: p99 - floorP99 };
}

const medians = (values: Map<string, number[]>): Record<string, number | null> =>
  Object.fromEntries(Object.keys(queries).map((title) => [title, median(values.get(title) ?? [])]));

const inOrder = (rows: GatewayRow[]): GatewayRow[] =>
  contestants.flatMap(({ name }) => rows.find((row) => row.name === name) ?? []);

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
