import cluster, { type Worker } from 'node:cluster';
import { type Logger, onHangup, type Running, StartupError } from '@gatehouse/service-kit';

/** What a worker tells the primary process once it serves. */
export type WorkerReady = { ready: true; adminPassword: string | null };

const restartDelayMs = 1_000;
/** Five pools a worker; the bundled PostgreSQL takes 200 connections. */
const connectionsInAll = 180;
const poolsPerWorker = 5;

/**
 * Runs `count` processes that share one port, and starts a new one for each that dies. StartupError when one can't start.
 */
export async function runWorkers(options: {
  count: number;
  databaseUrl: string;
  poolSize: number;
  logger: Logger;
}): Promise<Running & { adminPassword: string | null }> {
  const { count, databaseUrl, logger } = options;
  const poolSize = Math.max(
    2,
    Math.min(options.poolSize, Math.floor(connectionsInAll / poolsPerWorker / count)),
  );
  let stopping = false;
  const fork = () => cluster.fork({ DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: poolSize });

  const passwords = await Promise.all(Array.from({ length: count }, () => untilReady(fork())));
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return;
    logger.error({ worker: worker.id, code, signal }, 'a worker ended and is replaced');
    setTimeout(() => stopping || fork(), restartDelayMs);
  });

  const workers = () => Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
  const unlisten = onHangup(() => {
    for (const worker of workers()) worker.process.kill('SIGHUP');
  });

  return {
    adminPassword: passwords.find((password) => password !== null) ?? null,
    async stop() {
      stopping = true;
      unlisten();
      await Promise.all(workers().map(stopWorker));
    },
  };
}

function untilReady(worker: Worker): Promise<string | null> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: Partial<WorkerReady>) => {
      if (message.ready) resolve(message.adminPassword ?? null);
    });
    worker.once('exit', () => reject(new StartupError('A worker did not start.')));
  });
}

async function stopWorker(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.process.kill('SIGTERM');
  await ended;
}

/** In a worker: says that it serves. */
export const reportReady = (adminPassword: string | null): void => {
  process.send?.({ ready: true, adminPassword } satisfies WorkerReady);
};
