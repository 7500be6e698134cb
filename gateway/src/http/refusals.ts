import { databaseOutage } from '@gatehouse/data';
import { GatehouseError, type Logger } from '@gatehouse/service-kit';
import type { GraphQLFormattedError } from 'graphql';
import { describeOutage } from '../executor/mask-errors.ts';
import { codeOf, OperationRefused } from '../operation/refusal.ts';
import { statusOf } from './answer.ts';

export type Refusal = { status: number; errors: readonly GraphQLFormattedError[]; retryAfter?: number };

/** How a refusal, or a surprise, is told to the client. A surprise is logged and told only by its request id. */
export function describeRefusal(problem: unknown, context: { requestId: string; logger: Logger }): Refusal {
  const { requestId, logger } = context;
  const error = databaseOutage(problem) ?? problem;
  const code = codeOf(error);
  if (error instanceof OperationRefused)
    return { status: (code && statusOf[code]) ?? 200, errors: error.errors };
  if (error instanceof GatehouseError && code && code !== 'INTERNAL_SERVER_ERROR') {
    const { message, extensions } = error.toJSON();
    const told =
      code === 'SUBGRAPH_UNAVAILABLE' ? unavailable(requestId, extensions) : { message, extensions };
    const { retryAfter } = error.extensions;
    return {
      status: statusOf[code] ?? 200,
      errors: [told],
      ...(typeof retryAfter === 'number' && { retryAfter }),
    };
  }
  logger.error({ err: error, requestId }, 'request failed');
  const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
  return { status: 500, errors: [{ message: 'Unexpected error.', extensions }] };
}

/** Unless it says otherwise nothing was executed yet, so that asking again can do no harm. */
const unavailable = (requestId: string, extensions: GraphQLFormattedError['extensions']) => ({
  message: 'A part of the graph did not answer.',
  extensions: {
    code: 'SUBGRAPH_UNAVAILABLE',
    requestId,
    ...describeOutage({ retryable: true, ...extensions }),
  },
});
