import { z } from 'zod';
import { isAddressRange } from './network.ts';
import { StartupError } from './startup-error.ts';

/** Building blocks for the environment schemas of the processes. */
export const env = {
  port: (fallback: number) => env.count(fallback, 0, 65_535),
  count(fallback: number, min: number, max: number) {
    const error = `must be a whole number from ${min} to ${max}`;
    return z.coerce
      .number({ error })
      .int({ error })
      .min(min, { error })
      .max(max, { error })
      .default(fallback);
  },
  text: (fallback: string) => z.string().min(1).default(fallback),
  url: (...protocols: string[]) =>
    z.url({
      protocol: new RegExp(`^(${protocols.join('|')})$`),
      error: ({ input }) => (input === undefined ? 'is required' : `must be a ${protocols.join(' or ')} URL`),
    }),
  flag: (fallback: boolean) =>
    z
      .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
      .transform((value) => value === 'true' || value === '1')
      .default(fallback),
  /** Texts separated by commas. */
  list: (fallback = '') =>
    z
      .string()
      .transform((text) => text.split(',').flatMap((part) => (part.trim() ? [part.trim()] : [])))
      .prefault(fallback),
  /** IP addresses and CIDR ranges, separated by commas. */
  addressRanges: (fallback: string) =>
    z
      .string()
      .transform((text) => text.split(',').flatMap((part) => (part.trim() ? [part.trim()] : [])))
      .refine((ranges) => ranges.every(isAddressRange), { error: 'must list IP addresses or CIDR ranges' })
      .prefault(fallback),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
};

/** Adds what a `.env` file in the current folder says to the environment; what is set already wins. */
export function loadEnvFile(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new StartupError(`.env can't be read: ${(error as Error).message}`);
  }
}

/**
 * Reads the environment once, at boot. Empty values count as not set. All wrong values are named in one StartupError,
 * without repeating the values: some of them are secrets.
 */
export function readEnvironment<S extends z.ZodObject>(schema: S, source: NodeJS.ProcessEnv): z.output<S> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((key) => (source[key] ? [[key, source[key]]] : [])),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new StartupError(`The environment is not valid:\n${problems.join('\n')}`);
}
