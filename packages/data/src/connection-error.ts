/** `host:port/name` of a database URL, never its user or password. */
export function describeTarget(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}:${port || 5432}${decodeURIComponent(pathname)}`;
  } catch {
    return '(not a valid URL)';
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  ECONNRESET: 'it closed the connection',
  '28P01': 'user or password is wrong',
  '28000': 'the server refuses this user or host',
  '3D000': 'this database does not exist',
  '53300': 'the server has no free connections',
  '57P03': 'the server is starting up or shutting down',
};

export const errorCodeOf = (error: unknown): string | undefined => {
  if (error instanceof AggregateError && error.errors[0] !== undefined) return errorCodeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? errorCodeOf(error.cause) : undefined;
};

/** One clause that says why a connection failed. */
export function describeConnectionError(error: unknown): string {
  const code = errorCodeOf(error);
  if (code && reasons[code]) return reasons[code];
  if (error instanceof Error && /timeout/i.test(error.message)) return 'it did not answer in time';
  return error instanceof Error && error.message ? error.message : (code ?? 'unknown reason');
}
