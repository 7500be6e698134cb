import type { FormattedExecutionResult } from 'graphql';
import { GatehouseError, isErrorCode } from '../errors.ts';
import type { SubgraphName } from './subgraph.ts';

/** `data` of a subgraph's answer to a service call; its first coded error is thrown again as it was. */
export function answerOf<Result>(subgraph: SubgraphName, result: FormattedExecutionResult): Result {
  const [error] = result.errors ?? [];
  if (error) {
    const { code, ...extensions } = error.extensions ?? {};
    if (isErrorCode(code)) throw new GatehouseError(code, error.message, extensions);
    throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${subgraph} failed`);
  }
  return result.data as Result;
}
