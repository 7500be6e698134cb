import { type Engine, type EngineName, urlVariables } from './engine.ts';
import { mongodb } from './mongodb.ts';
import { redis } from './redis.ts';

export { type Engine, type EngineName, type RunningEngine, urlVariables } from './engine.ts';

export const engines: Record<EngineName, Engine> = { redis, mongodb };

/**
 * Starts every engine that this machine can start and nobody has given by its variable, and sets the variables. What is missing is told
 * on standard error, or is an Error in CI: no half of the tests is left out unseen.
 */
export async function startEngines(names: readonly EngineName[]): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  for (const name of names) {
    const variable = urlVariables[name];
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

/** The URL of an engine for this run; undefined when it is missing, which `startEngines` has told. */
export const engineUrl = (name: EngineName): string | undefined => process.env[urlVariables[name]];
