import { setTimeout } from 'node:timers/promises';
import { nodeFlagsOf } from '../../scripts/lib/node-flags.ts';
import { names } from './graph.ts';
import type { Heard } from './listeners.ts';
import { liveQuery } from './live.ts';
import { type Process, type Running, startContestant, startListeners, startLive } from './processes.ts';

export type FanOutRow = {
  name: string;
  problem?: string;
  /** Events delivered per second, one after the other to all clients. */
  rate: number;
  /** From publishing to receipt, in milliseconds. */
  p50: number;
  p99: number;
  /** Processor time of the gateway's process for one event delivered to one client, in microseconds. */
  cost: number;
  /** With all streams open. */
  residentMb: number;
};
export type FanOutResults = { clients: number; rows: FanOutRow[] };

type Contestant = { name: string; script: string; remote?: boolean; webSockets?: boolean };

const contestants: readonly Contestant[] = [
  { name: 'gatehouse, in process', script: 'gatehouse.ts' },
  { name: 'gatehouse, in process, WebSocket', script: 'gatehouse.ts', webSockets: true },
  { name: 'gatehouse, remote', script: 'gatehouse.ts', remote: true },
  { name: 'hive, remote', script: 'hive.ts', remote: true },
];

const clients = 1_000;
const warmUpMs = 1_000;
const measureMs = 2_500;
/** Of a contestant that has started; a third of it is enough. */
const giveUpMs = 15_000;
const tryAgainMs = 250;

/** One subscription, many clients: an event is published when all have received the one before it. */
export async function measureFanOut(): Promise<FanOutResults> {
  const rows: FanOutRow[] = [];
  for (const contestant of contestants) {
    const { name } = contestant;
    const open: { stop(): void }[] = [];
    try {
      rows.push(await measure(contestant, open));
    } catch (error) {
      const problem = (error as Error).message;
      rows.push({ name, problem, rate: 0, p50: 0, p99: 0, cost: 0, residentMb: 0 });
    } finally {
      for (const one of open) one.stop();
    }
  }
  return { clients, rows };
}

async function measure(contestant: Contestant, open: { stop(): void }[]): Promise<FanOutRow> {
  const { name, script, remote, webSockets = false } = contestant;
  const live = { BENCH_LIVE: '1' };
  const subgraph = remote ? await startLive(live) : undefined;
  if (subgraph) open.push(subgraph);
  const env = {
    ...live,
    ...(subgraph && {
      BENCH_REMOTE: '1',
      BENCH_SUBGRAPHS: JSON.stringify(Object.fromEntries(names.map((one) => [one, subgraph.port]))),
    }),
  };
  const flags = script === 'gatehouse.ts' ? nodeFlagsOf('gateway') : [];
  const gateway = await startContestant(name, script, env, flags);
  open.push(gateway);
  const listeners = startListeners();
  open.push(listeners);
  listeners.giveUpAfter(giveUpMs);
  await listeners.ask({ port: gateway.port, tokens: gateway.tokens, query: liveQuery, clients, webSockets });
  const publisher = subgraph ?? gateway;
  await untilAllHear(publisher, listeners);
  await rounds(publisher, listeners, warmUpMs);
  const before = gateway.cpuMs();
  const { latencies, rate } = await rounds(publisher, listeners, measureMs);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    name,
    rate,
    p50: at(0.5),
    p99: at(0.99),
    cost: ((gateway.cpuMs() - before) * 1_000) / latencies.length,
    residentMb: gateway.residentMb(),
  };
}

type Listeners = ReturnType<typeof startListeners>;
type Publisher = Pick<Running, 'tell'> | Pick<Process, 'tell'>;

/** A client is connected a little before its subscription stands at the subgraph. */
async function untilAllHear(publisher: Publisher, listeners: Listeners): Promise<void> {
  const heard = listeners.next();
  const all = new AbortController();
  heard.finally(() => all.abort()).catch(() => {});
  while (!all.signal.aborted) {
    publisher.tell({ publish: true });
    await setTimeout(tryAgainMs, undefined, { signal: all.signal }).catch(() => {});
  }
  await heard;
  // Events that were on their way meanwhile.
  await setTimeout(tryAgainMs * 2);
}

async function rounds(publisher: Publisher, listeners: Listeners, forMs: number) {
  const latencies: number[] = [];
  const began = performance.now();
  while (performance.now() - began < forMs) {
    const heard = listeners.next();
    publisher.tell({ publish: true });
    const event: Heard = await heard;
    if ('latencies' in event) latencies.push(...event.latencies);
  }
  return { latencies, rate: (latencies.length * 1_000) / (performance.now() - began) };
}
