import { type EngineName, engineVariables } from '@gatehouse/testkit';
import type { Engine, RunningEngine } from './engine.ts';
import { kafka } from './kafka.ts';
import { mongodb } from './mongodb.ts';
import { redis } from './redis.ts';

export type { Engine, RunningEngine } from './engine.ts';

export const engines: Record<EngineName, Engine> = { redis, mongodb, kafka };

/** The setting by which Gatehouse is told of the engine. */
export const engineSettings: Record<EngineName, string> = {
  redis: 'REDIS_URL',
  mongodb: 'MONGODB_URL',
  kafka: 'KAFKA_BROKERS',
};

/**
 * Starts an engine. One that this machine lacks is told on standard error and undefined; in CI it is an Error: no part of the tests is
 * left out unseen.
 */
export async function startEngine(name: EngineName): Promise<RunningEngine | undefined> {
  const missing = engines[name].missing();
  if (!missing) return await engines[name].start();
  const text = `${name} is missing (${missing})`;
  if (process.env.CI) throw new Error(`${text}: run node scripts/engines/prepare.ts`);
  process.stderr.write(`SKIPPED, what needs ${text}\n`);
  return undefined;
}

/** Starts engines of our own, for one deployment: what it has to be told, and the way to end them. */
export async function startEnginesFor(names: readonly EngineName[]) {
  const running = new Map<EngineName, RunningEngine>();
  const stop = async () => {
    await Promise.all([...running.values()].map((engine) => engine.stop()));
  };
  try {
    for (const name of names) {
      const engine = await startEngine(name);
      if (engine) running.set(name, engine);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const settings = [...running].map(([name, { url }]) => [engineSettings[name], url]);
  return { environment: Object.fromEntries(settings) as Record<string, string>, running, stop };
}

/** Starts the engines that nobody has given by their variables, and sets the variables for the run's workers. */
export async function startSharedEngines(names: readonly EngineName[]): Promise<() => Promise<void>> {
  const wanted = names.filter((name) => !process.env[engineVariables[name]]);
  const { running, stop } = await startEnginesFor(wanted);
  for (const [name, { url }] of running) process.env[engineVariables[name]] = url;
  return async () => {
    for (const name of running.keys()) delete process.env[engineVariables[name]];
    await stop();
  };
}
