import { type EngineName, engineVariables } from '@gatehouse/testkit';
import type { Engine } from './engine.ts';
import { mongodb } from './mongodb.ts';
import { redis } from './redis.ts';

export type { Engine, RunningEngine } from './engine.ts';

export const engines: Record<EngineName, Engine> = { redis, mongodb };

/**
 * Starts every engine that this machine can start and nobody has given by its variable, and sets the variables. What is missing is told
 * on standard error, or is an Error in CI: no half of the tests is left out unseen.
 */
export async function startEngines(names: readonly EngineName[]): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  for (const name of names) {
    const variable = engineVariables[name];
    if (process.env[variable]) continue;
    const missing = engines[name].missing();
    if (missing) {
      const text = `${name} is missing (${missing})`;
      if (process.env.CI) throw new Error(`${text}; set ${variable}, or run node scripts/engines/prepare.ts`);
      process.stderr.write(`SKIPPED: what needs ${name}; ${text}\n`);
      continue;
    }
    const engine = await engines[name].start();
    process.env[variable] = engine.url;
    stops.push(async () => {
      delete process.env[variable];
      await engine.stop();
    });
  }
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
