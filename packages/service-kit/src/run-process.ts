import { flushCompileCache } from 'node:module';
import type { Logger } from 'pino';
import { StartupError } from './startup-error.ts';

export type Running = { stop(): Promise<void> };

/** How long a stop may take before the process leaves anyway. */
const stopBoundMs = 4_500;

/**
 * Runs a process from start to signal: starts it, stops it once on SIGINT or SIGTERM, and turns a StartupError into plain
 * lines on standard error with exit code 1.
 */
export async function runProcess(
  start: () => Promise<Running>,
  logger?: () => Logger | undefined,
): Promise<void> {
  let running: Running | undefined;
  let stopping = false;

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const timer = setTimeout(() => process.exit(1), stopBoundMs);
    await running?.stop().catch((err: unknown) => logger?.()?.error({ err }, 'stop failed'));
    clearTimeout(timer);
    process.exit(process.exitCode ?? 0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('unhandledRejection', (err) => logger?.()?.error({ err }, 'unhandled rejection'));

  try {
    running = await start();
    // Now, because a process that is killed can't.
    flushCompileCache();
    if (stopping) await running.stop();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof StartupError) process.stderr.write(`${error.message}\n`);
    else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}
