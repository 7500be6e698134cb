import cluster, { type Worker } from 'node:cluster';
import { metricsAddress } from '@gatehouse/process/metrics';
import type { Logger, Metrics, Running } from '@gatehouse/service-kit';
import { addUp, type Family, openExposition, serveMetrics } from '@gatehouse/service-kit/metrics';
import type { Environment } from './environment.ts';

/** What the primary process asks a worker for, and what it answers. */
type Question = { metrics: 'read'; id: number; worker: string };
type Answer = { metrics: 'told'; id: number; families: Family[] };

const answerWithinMs = 3_000;

/**
 * Serves the metrics of all workers, and of this process, on one port. Counts are added up, and keep what workers counted
 * that have ended since: a sum that falls would look like a restart of everything. What a process tells of itself carries the label
 * `worker`; that of this one is 0.
 */
export async function tellMetricsOfWorkers(
  metrics: Metrics,
  values: Environment,
  logger: Logger,
): Promise<Running> {
  const address = metricsAddress(values);
  if (!address) return { stop: async () => {} };
  const exposition = await openExposition(metrics);
  const waiting = new Map<number, (families: Family[]) => void>();
  const last = new Map<number, Family[]>();
  /** Workers are named 1 to n: who replaces another takes its name. */
  const names = new Map<number, number>();
  let ended: Family[] = [];
  let questions = 0;

  const nameOf = ({ id }: Worker): number => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const taken = new Set(names.values());
    let name = 1;
    while (taken.has(name)) name++;
    names.set(id, name);
    return name;
  };

  const ask = (worker: Worker): Promise<void> =>
    new Promise((resolve) => {
      const id = ++questions;
      const done = (families?: Family[]) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (families && names.has(worker.id)) last.set(worker.id, families);
        resolve();
      };
      const timer = setTimeout(done, answerWithinMs);
      waiting.set(id, done);
      worker.send({ metrics: 'read', id, worker: String(nameOf(worker)) } satisfies Question, (error) => {
        if (error) done();
      });
    });

  cluster.on('message', (_worker, message: Partial<Answer>) => {
    if (message.metrics === 'told') waiting.get(message.id ?? 0)?.(message.families ?? []);
  });
  cluster.on('exit', ({ id }) => {
    ended = addUp(ended, last.get(id) ?? []);
    last.delete(id);
    names.delete(id);
  });

  return serveMetrics({
    ...address,
    exposition,
    logger,
    async collect() {
      const workers = Object.values(cluster.workers ?? {}).flatMap((worker) =>
        worker?.isConnected() ? worker : [],
      );
      const [own] = await Promise.all([exposition.collect('0'), ...workers.map(ask)]);
      return [...own, ...ended, ...[...last.values()].flat()];
    },
  });
}

/** In a worker: answers the primary process whenever it asks. */
export async function answerWithMetrics(metrics: Metrics): Promise<void> {
  const exposition = await openExposition(metrics);
  process.on('message', async ({ metrics: asked, id, worker }: Partial<Question>) => {
    if (asked !== 'read' || id === undefined) return;
    const families = await exposition.collect(worker);
    process.send?.({ metrics: 'told', id, families } satisfies Answer);
  });
}
