import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { tellMetrics } from '@gatehouse/process/metrics';
import {
  closeServer,
  createLogger,
  createMetrics,
  type Logger,
  listen,
  type Running,
  runProcess,
} from '@gatehouse/service-kit';
import { openDataDir, readSecrets } from './data-dir.ts';
import { startEngine } from './engine.ts';
import { type Environment, readStandaloneEnvironment } from './environment.ts';
import type { ServeOptions } from './serve.ts';
import { summary } from './summary.ts';
import { answerWithMetrics, tellMetricsOfWorkers } from './worker-metrics.ts';
import { reportReady, runWorkers } from './workers.ts';

/** The process behind `npm start`; with WORKERS above 1, one of the processes. */
export async function main(): Promise<void> {
  let logger: Logger | undefined;
  await runProcess(
    () => {
      const values = readStandaloneEnvironment();
      logger = createLogger({ name: 'gatehouse', level: values.LOG_LEVEL });
      return cluster.isPrimary ? startPrimary(values, logger) : startWorker(values, logger);
    },
    () => logger,
  );
}

async function startPrimary(values: Environment, logger: Logger): Promise<Running> {
  await refuseTakenPort(values);
  const dataDir = resolve(values.DATA_DIR);
  const metrics = createMetrics();
  const told =
    values.WORKERS > 1
      ? await tellMetricsOfWorkers(metrics, values, logger)
      : await tellMetrics(metrics, values, logger);
  await openDataDir(dataDir);
  const engine = await startEngine({ databaseUrl: values.DATABASE_URL, dataDir, logger, onProgress: say });
  try {
    const secrets = await readSecrets(dataDir);
    const { migrateAll } = await import('./migrations.ts');
    await migrateAll({ databaseUrl: engine.url, logger });
    const running =
      values.WORKERS > 1
        ? await runWorkers({
            count: values.WORKERS,
            databaseUrl: engine.url,
            poolSize: values.DATABASE_POOL_SIZE,
            logger,
          })
        : await serveHere({ values, secrets, dataDir, databaseUrl: engine.url, logger, metrics });
    say(
      summary({
        publicUrl: values.PUBLIC_URL,
        engine: engine.description,
        mailbox: !values.SMTP_URL && values.NODE_ENV !== 'production',
        admin: { email: values.ADMIN_EMAIL, password: running.adminPassword },
        milliseconds: performance.now(),
      }),
    );
    return {
      async stop() {
        await running.stop();
        await engine.stop();
        await told.stop();
      },
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** The primary has started the engine and names it in DATABASE_URL. */
async function startWorker(values: Environment, logger: Logger): Promise<Running> {
  const dataDir = resolve(values.DATA_DIR);
  const secrets = await readSecrets(dataDir);
  const databaseUrl = values.DATABASE_URL ?? '';
  const metrics = createMetrics();
  if (values.METRICS_PORT !== undefined) await answerWithMetrics(metrics);
  const running = await serveHere({ values, secrets, dataDir, databaseUrl, logger, metrics });
  reportReady(running.adminPassword);
  return running;
}

/** Loads most of the code: for a start that is refused, and for a process that only looks after its workers, it stays away. */
async function serveHere(options: ServeOptions) {
  const { serve } = await import('./serve.ts');
  return await serve(options);
}

/** Before anything is made: a start that can't succeed leaves nothing behind. */
async function refuseTakenPort(values: Environment): Promise<void> {
  const probe = createServer();
  await listen(probe, { port: values.PORT, host: values.HOST });
  await closeServer(probe, 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
