import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log, wherever they stand in a logged object's first levels. */
const secretKeys = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'client_secret',
  'clientSecret',
  'secret',
  'passport',
];

/** `code` is a secret in the input of an operation, and an error's own name elsewhere. */
const codePaths = ['input.code', 'variables.code', 'variables.input.code', 'args.input.code', 'query.code'];

const paths = [
  ...codePaths,
  ...secretKeys.flatMap((key) => ['', '*', '*.*', '*.*.*'].map((above) => `${above}["${key}"]`)),
];

/** A JSON logger (pino) for one process or subgraph; secrets are censored by key. */
export function createLogger(
  options: { name: string; level: string },
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[secret]' },
      serializers: { err: describeError },
    },
    destination ?? pino.destination({ fd: 2, sync: false }),
  );
}

/** Keys of database errors that repeat the values of rows and statements. */
const revealing = ['params', 'query', 'detail', 'where', 'internalQuery', 'parameters'];

/**
 * An error for the log, without what a database repeats of its input: a failed statement is logged as its cause, whose
 * message names tables and constraints, and no values.
 */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('params' in error && 'query' in error && error.cause) return describeError(error.cause);
  const described = pino.stdSerializers.errWithCause(error);
  const known = Object.entries({ ...described, cause: describeError(error.cause) });
  return Object.fromEntries(known.filter(([key, value]) => value !== undefined && !revealing.includes(key)));
}
