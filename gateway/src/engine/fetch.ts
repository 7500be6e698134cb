import { isPromise } from '@gatehouse/service-kit/subgraph';
import type { GraphQLSchema } from 'graphql';
import type { SubgraphResult } from '../subgraphs/connection.ts';
import { ofSubgraph } from './fetch-errors.ts';
import { copyOf, merge } from './merge.ts';
import { compileRewrites } from './rewrites.ts';
import type { Data, FetchNode, ResponsePath, Run, Step } from './run.ts';
import { compileVariables, type Send } from './send.ts';

/** A fetch that needs nothing of what is there: root fields of a subgraph. */
export function compileFetch(
  node: FetchNode,
  path: ResponsePath,
  { schema, send }: { schema: GraphQLSchema; send: Send },
): Step {
  const variablesOf = compileVariables(node);
  const rewriteOutput = compileRewrites(schema, node.outputRewrites);

  const receive = (run: Run, targets: readonly unknown[], { data, errors }: SubgraphResult) => {
    if (errors) {
      const pathsOf = (inner?: ResponsePath) => [
        { path: inner ? [...path, ...inner.slice()] : undefined, rank: 0 },
      ];
      run.errors.push(...ofSubgraph(errors, node, pathsOf));
    }
    if (data) rewriteOutput?.(data);
    targets.forEach((target, i) => {
      merge(target as Data, i === 0 ? data : copyOf(data));
    });
  };

  return (run, at) => {
    const targets = Array.isArray(at) ? at.filter((one) => one !== null && one !== undefined) : [at];
    if (targets.length === 0) return undefined;
    return attempt(
      run,
      () => send(run, variablesOf(run)),
      (answer) => receive(run, targets, answer),
    );
  };
}

/** A fetch that fails in any way is an error of the response; the rest of the plan goes on without it. */
export function attempt(
  run: Run,
  ask: () => SubgraphResult | Promise<SubgraphResult>,
  receive: (answer: SubgraphResult) => void,
  times: () => number = () => 1,
): Promise<void> | undefined {
  const fail = (error: unknown) => {
    for (let n = times(); n > 0; n--) run.errors.push(error);
  };
  try {
    const answer = ask();
    if (!isPromise(answer)) return void receive(answer);
    return answer.then(receive).catch(fail);
  } catch (error) {
    fail(error);
  }
}
