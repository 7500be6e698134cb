import type { FormattedExecutionResult } from 'graphql';
import { Agent, request } from 'undici';
import { GatehouseError } from '../errors.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { answerOf } from './answer.ts';
import type { CallSubgraph } from './call.ts';
import type { Deadline } from './deadline.ts';
import { measureResilience, subgraphDurations } from './measure-resilience.ts';
import { createResilience, isQuery, type Resilience, SubgraphFailure } from './resilience.ts';
import { passportHeader, type SubgraphName } from './subgraph.ts';

const defaultTimeoutMs = 10_000;

/**
 * Service calls to subgraphs that are processes of their own, with the same care as fetches of the gateway (`resilience.ts`).
 * `passportFor` states who is calling.
 */
export function callOverHttp(options: {
  urlOf(name: SubgraphName): string | undefined;
  passportFor(name: SubgraphName): Promise<string>;
  timeoutMsOf?(name: SubgraphName): number;
  metrics?: Metrics;
}): CallSubgraph & { close(): Promise<void> } {
  const { timeoutMsOf = () => defaultTimeoutMs, metrics = createMetrics() } = options;
  const durations = metrics.histogram(subgraphDurations);
  const dispatcher = new Agent({ connections: 32, keepAliveTimeout: 30_000, connectTimeout: 3_000 });
  const known = new Map<SubgraphName, Resilience>();

  const resilienceOf = (name: SubgraphName): Resilience => {
    const before = known.get(name);
    if (before) return before;
    const resilience = createResilience({ timeoutMs: timeoutMsOf(name) });
    known.set(name, resilience);
    measureResilience(metrics, { subgraph: name, way: 'call' }, resilience);
    return resilience;
  };

  const call = async <Result>(name: SubgraphName, operation: { toString(): string }, variables: unknown) => {
    const url = options.urlOf(name);
    if (!url) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} has no URL`, { service: name });
    const passport = await options.passportFor(name);
    const query = operation.toString();
    const post = async ({ signal }: Deadline) => {
      const response = await request(url, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json', [passportHeader]: passport },
        body: JSON.stringify({ query, variables }),
        signal,
      });
      return { status: response.statusCode, text: await response.body.text() };
    };
    let result: FormattedExecutionResult;
    const startedAt = performance.now();
    try {
      const { text } = await resilienceOf(name).run(post, { idempotent: isQuery(query) });
      result = JSON.parse(text) as FormattedExecutionResult;
    } catch (error) {
      const reason = error instanceof SubgraphFailure ? error.reason : 'UNREADABLE';
      throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} did not answer`, { service: name, reason });
    } finally {
      durations({ subgraph: name, way: 'call' }).observeSince(startedAt);
    }
    return answerOf<Result>(name, result);
  };
  return Object.assign(call, { close: () => dispatcher.close() });
}
