import type { Caller } from '@gatehouse/identity';
import type { PreparedFetch, SubgraphConnection, SubgraphResult } from '../subgraphs/connection.ts';
import type { FetchNode, Run } from './run.ts';

type Variables = Record<string, unknown>;

/** Sends one fetch of a plan. The answer may be there at once. */
export type Send = (run: Run, variables: Variables) => SubgraphResult | Promise<SubgraphResult>;

/** How a fetch reaches its subgraph. */
export function compileSend(node: FetchNode, connection: SubgraphConnection | undefined): Send {
  if (!connection) {
    return () => {
      throw new Error(`Couldn't find service with name "${node.serviceName}"`);
    };
  }
  const { operation: query, operationName } = node;
  const prepared: PreparedFetch =
    connection.prepare?.(query, operationName) ??
    (({ variables, caller, traceparent, signal }) =>
      connection.execute({ query, operationName, variables, caller, traceparent, signal }));
  return (run, variables) => prepared(new Given(run, variables));
}

/** What changes from one request to the next. */
class Given {
  readonly variables: Variables;
  readonly caller: Caller;
  readonly traceparent: string;
  readonly #run: Run;

  constructor(run: Run, variables: Variables) {
    this.variables = variables;
    this.caller = run.exchange.caller;
    this.traceparent = run.exchange.traceparent;
    this.#run = run;
  }

  /** A change under way is finished, whether or not its client still waits. */
  get signal(): AbortSignal | undefined {
    const { operation, exchange } = this.#run;
    return operation.kind === 'mutation' ? undefined : exchange.connection.signal();
  }
}

/** The fetch that opened a subscription is answered by the event. */
export const sendEvent: Send = ({ event }) => event as SubgraphResult;

/** Only variables that the client gave: one that is absent is not one that is null. */
export function compileVariables({ variableUsages = [] }: FetchNode): (run: Run) => Variables {
  if (variableUsages.length === 0) return () => ({});
  return ({ variables }) => {
    // Without a prototype: `$__proto__` is a name like any other.
    const used: Variables = Object.create(null);
    for (const name of variableUsages) {
      if (Object.hasOwn(variables, name) && variables[name] !== undefined) used[name] = variables[name];
    }
    return used;
  };
}
