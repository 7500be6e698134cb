import { setTimeout } from 'node:timers/promises';
import { nodeFlagsOf } from '../../scripts/lib/node-flags.ts';
import { connections } from './contestant.ts';
import { queries } from './graph.ts';
import { startContestant, startLoad } from './processes.ts';

/** Resident memory of our gateway while it works steadily. */
export type MemoryResults = {
  minutes: number;
  requests: number;
  /** Operations among them that were never seen before. */
  distinct: number;
  /** Before the first request. */
  startMb: number;
  /** At the end of each minute. */
  everyMinuteMb: number[];
  endMb: number;
  /** Megabytes a minute after the first two minutes; null for a run that has no more than those. */
  slope: number | null;
};

const requestsPerSecond = 200;
const distinctOperations = 10_000;
/** One query after the other, each for so long. */
const sliceSeconds = 5;
const sampleMs = 2_000;
/** Caches fill and code is compiled. */
const settlingMinutes = 2;

type Sample = { minute: number; mb: number };

/** A moderate load of all queries in turn, and beside it operations that differ, spread over the whole time. */
export async function measureMemory({ minutes }: { minutes: number }): Promise<MemoryResults> {
  const gateway = await startContestant('gatehouse', 'gatehouse.ts', {}, nodeFlagsOf('gateway'));
  const loads = [startLoad(), startLoad()] as const;
  const { port } = gateway;
  const tokens = gateway.tokens.slice(0, connections);
  const startMb = gateway.residentMb();
  const began = performance.now();
  const passed = () => (performance.now() - began) / 60_000;
  let requests = 0;

  const run = async (
    load: (typeof loads)[number],
    given: (slice: number, answered: number) => { query: string; rate: number },
  ) => {
    let own = 0;
    for (let slice = 0; passed() < minutes; slice++) {
      const { query, rate } = given(slice, own);
      const seconds = Math.min(sliceSeconds, Math.max(0.1, (minutes - passed()) * 60));
      const body = JSON.stringify({ query });
      const order = { port, tokens, body, seconds, rate, distinct: query.includes('00000000') };
      const { requests: answered, failures, sample } = await load.measure(order);
      if (failures > 0) throw new Error(`the gateway refuses: ${sample}`);
      own += answered;
    }
    requests += own;
    return own;
  };

  const all = Object.values(queries);
  const differing = (queries['four subgraphs'] as string).replace('Four', 'Four_00000000');
  const secondsLeft = () => Math.max(1, (minutes - passed()) * 60);
  const samples: Sample[] = [];
  try {
    const working = Promise.all([
      run(loads[0], (slice) => ({ query: all[slice % all.length] as string, rate: requestsPerSecond })),
      run(loads[1], (_, answered) => ({
        query: differing,
        rate: Math.max(1, distinctOperations - answered) / secondsLeft(),
      })),
    ]);
    const ended = new AbortController();
    working.finally(() => ended.abort()).catch(() => {});
    while (!ended.signal.aborted) {
      samples.push({ minute: passed(), mb: gateway.residentMb() });
      await setTimeout(sampleMs, undefined, { signal: ended.signal }).catch(() => {});
    }
    const [, distinct] = await working;
    const everyMinuteMb = Array.from({ length: Math.floor(minutes) }, (_, n) => at(samples, n + 1));
    const settled = samples.filter(({ minute }) => minute >= settlingMinutes);
    const slope = minutes > settlingMinutes ? slopeOf(settled) : null;
    return { minutes, requests, distinct, startMb, everyMinuteMb, endMb: gateway.residentMb(), slope };
  } finally {
    for (const load of loads) load.stop();
    gateway.stop();
  }
}

const at = (samples: Sample[], minute: number): number =>
  samples.findLast((sample) => sample.minute <= minute)?.mb ?? 0;

/** Of the line that fits best (least squares). */
function slopeOf(samples: Sample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const minute = mean(samples.map((sample) => sample.minute));
  const mb = mean(samples.map((sample) => sample.mb));
  const shared = samples.reduce((sum, one) => sum + (one.minute - minute) * (one.mb - mb), 0);
  return shared / samples.reduce((sum, one) => sum + (one.minute - minute) ** 2, 0);
}
