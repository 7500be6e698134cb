import { GatehouseError } from '@gatehouse/service-kit';
import { errorCodeOf } from './connection-error.ts';

/** Of a connection, as Node tells it. */
const lost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Of a server (PostgreSQL, Appendix A): connections and resources, a disk that is full or fails, a server that goes or comes, a standby,
 * a statement or transaction that took too long.
 */
const states = /^(08...|53...|57P0[1-5]|58030|57014|25P0[34]|25006)$/;

/** Of the driver, which has no codes for them. */
const messages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error)|Query read timeout)/;

/**
 * What is told when the database can't be used for now: `SUBGRAPH_UNAVAILABLE` with the reason `STORE_LOST`. Undefined for an error that
 * asking again would meet again.
 */
export function databaseOutage(error: unknown): GatehouseError | undefined {
  if (!isOutage(error)) return undefined;
  return new GatehouseError('SUBGRAPH_UNAVAILABLE', 'The database can’t be used for now.', {
    reason: 'STORE_LOST',
  });
}

function isOutage(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (code === 'ENOENT') return hasCause(error, isMissingSocket);
  if (code !== undefined) return lost.has(code) || states.test(code);
  return hasCause(error, ({ message }) => messages.test(message));
}

/** The socket of a server that does not run; other files may be missing for other reasons. */
const isMissingSocket = (error: Error): boolean => 'syscall' in error && error.syscall === 'connect';

function hasCause(error: unknown, fits: (error: Error) => boolean): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    if (fits(current)) return true;
    current = current.cause;
  }
  return false;
}
