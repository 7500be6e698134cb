import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { isErrorCode } from '../errors.ts';
import type { Subgraph } from './subgraph.ts';

export type Masking = Pick<Subgraph<never>, 'outageOf'> & { logger: Logger };

/**
 * What may leave a subgraph of an error: a coded refusal as it is; the loss of what it can't do without as what
 * `outageOf` makes of it; a surprise is logged whole and leaves as
 * `INTERNAL_SERVER_ERROR` without its message.
 */
export function maskError(
  formatted: GraphQLFormattedError,
  error: unknown,
  { logger, outageOf }: Masking,
): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const code = formatted.extensions?.code;
  if (cause instanceof GraphQLError && isErrorCode(code)) {
    const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
    return { ...formatted, extensions };
  }
  if (cause instanceof GraphQLError && !cause.originalError && code === undefined) {
    return { ...formatted, extensions: { code: 'BAD_USER_INPUT' } };
  }
  const outage = outageOf?.(cause);
  if (outage) {
    logger.warn({ err: cause, path: formatted.path }, 'something the subgraph needs is lost');
    return { ...formatted, message: outage.message, extensions: { ...outage.extensions } };
  }
  logger.error({ err: cause, path: formatted.path }, 'unexpected error');
  return { ...formatted, message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}
