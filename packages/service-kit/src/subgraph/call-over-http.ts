import type { FormattedExecutionResult } from 'graphql';
import { Agent, request } from 'undici';
import { GatehouseError } from '../errors.ts';
import { answerOf } from './answer.ts';
import type { CallSubgraph } from './call.ts';
import { passportHeader, type SubgraphName } from './subgraph.ts';

const deadlineMs = 10_000;

/** Service calls to subgraphs that are processes of their own. `passportFor` states who is calling. */
export function callOverHttp(options: {
  urlOf(name: SubgraphName): string | undefined;
  passportFor(name: SubgraphName): Promise<string>;
}): CallSubgraph & { close(): Promise<void> } {
  const dispatcher = new Agent({ connections: 32, keepAliveTimeout: 30_000 });

  const call = async <Result>(name: SubgraphName, operation: { toString(): string }, variables: unknown) => {
    const url = options.urlOf(name);
    if (!url) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} has no URL`);
    const passport = await options.passportFor(name);
    let result: FormattedExecutionResult;
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json', [passportHeader]: passport },
        body: JSON.stringify({ query: operation.toString(), variables }),
        signal: AbortSignal.timeout(deadlineMs),
      });
      result = (await response.body.json()) as FormattedExecutionResult;
    } catch (cause) {
      throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} did not answer`, {
        cause: (cause as Error).name,
      });
    }
    return answerOf<Result>(name, result);
  };
  return Object.assign(call, { close: () => dispatcher.close() });
}
