import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log, wherever they stand in a logged object's first levels. */
// biome-ignore format: a table reads better than a column
const secretKeys = [
  'authorization', 'cookie', 'set-cookie', 'password', 'currentPassword', 'newPassword', 'token', 'accessToken',
  'refreshToken', 'idToken', 'client_secret', 'clientSecret', 'secret', 'passport',
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
      serializers: { err: pino.stdSerializers.err },
    },
    destination ?? pino.destination({ fd: 2, sync: false }),
  );
}
