import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log, wherever they stand in a logged object's first levels. */
const secretKeys = [
  'authorization', 'cookie', 'set-cookie', 'password', 'currentPassword', 'newPassword', 'code', 'token', 'accessToken',
  'refreshToken', 'idToken', 'client_secret', 'clientSecret', 'secret', 'passport',
]; // biome-ignore format: a table reads better than a column

const paths = secretKeys.flatMap((key) => {
  const name = `["${key}"]`;
  return [name.slice(0), `*${name}`, `*.*${name}`, `*.*.*${name}`];
});

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
