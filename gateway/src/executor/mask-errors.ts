import { type ErrorCode, isErrorCode, type Logger } from '@gatehouse/service-kit';
import type { GraphQLFormattedError } from 'graphql';

/** Codes that a subgraph may tell a client. The others speak of the hop between gateway and subgraph. */
const passing = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'INVALID_CREDENTIALS',
  'INVALID_CODE',
  'INVALID_GRANT',
  'ACCOUNT_NOT_LINKED',
  'PROVIDER_UNAVAILABLE',
  'BAD_USER_INPUT',
  'STEP_UP_REQUIRED',
  'USERNAME_TAKEN',
  'EMAIL_TAKEN',
  'NOT_FOUND',
  'CONFLICT',
  'SESSION_REVOKED',
  'RESUME_REQUIRED',
  'UNKNOWN_TENANT',
  'RATE_LIMITED',
  'OVERLOADED',
]);

/** Details that a code may carry; everything else in `extensions` stays inside. */
const details = ['fields', 'retryAfter', 'maxAge', 'acr'] as const;

type Masking = {
  requestId: string;
  logger: Logger;
  /** Whether the operation changes nothing. */
  isQuestion: boolean;
};

/** What the client may see of an error that came out of a plan. A surprise is logged and told only by its request id. */
export function maskExecutionError(error: GraphQLFormattedError, masking: Masking): GraphQLFormattedError {
  const { requestId, logger, isQuestion } = masking;
  const code = error.extensions?.code;
  const path = publicPath(error.path);
  if (isErrorCode(code) && passing.has(code)) {
    const extensions: Record<string, unknown> = { code };
    for (const name of details)
      if (error.extensions?.[name] !== undefined) extensions[name] = error.extensions[name];
    return { message: error.message, path, extensions };
  }
  if (code === 'SUBGRAPH_UNAVAILABLE') {
    const extensions = { code, requestId, ...describeOutage({ retryable: isQuestion, ...error.extensions }) };
    return { message: 'A part of the graph did not answer.', path, extensions };
  }
  // The subgraph has logged its own surprises; what has another code is one of this hop.
  if (code !== 'INTERNAL_SERVER_ERROR') {
    logger.error(
      { requestId, path, problem: error.message, code, subgraph: error.extensions?.serviceName },
      'fetch failed',
    );
  }
  return { message: 'Unexpected error.', path, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
}

/**
 * Which part did not answer, why, and whether asking again can do no harm. A subgraph that failed to reach another names
 * that one, and can't promise the latter.
 */
export function describeOutage(
  extensions: GraphQLFormattedError['extensions'] = {},
): Record<string, unknown> {
  const { service = extensions.serviceName, reason, retryable = false } = extensions;
  return { ...(service !== undefined && { service }), ...(reason !== undefined && { reason }), retryable };
}

/** The path of the response, cut where it would show how the plan fetches entities. */
function publicPath(path: GraphQLFormattedError['path']): GraphQLFormattedError['path'] {
  const inner = path?.findIndex((part) => part === '@' || part === '_entities') ?? -1;
  return inner < 0 ? path : path?.slice(0, inner);
}
