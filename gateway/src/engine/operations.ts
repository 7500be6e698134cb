import { operationFromDocument } from '@apollo/federation-internals';
import type { QueryPlan } from '@apollo/query-planner';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import type { LoadedSupergraph } from '../supergraph/load.ts';
import { compileNode, type PlanContext } from './compile-plan.ts';
import type { FetchNode, Run, Step } from './run.ts';
import { compileSend, sendEvent } from './send.ts';
import { compileShape, type Shape } from './shape.ts';

export type CompiledOperation = {
  /** Undefined when no subgraph is asked. */
  step: Step | undefined;
  /** Undefined when parts of the response come from no subgraph: introspection. */
  shape: Shape | undefined;
};

type Parts = { supergraph: LoadedSupergraph; connections: SubgraphConnections };

/** Compiles the plan and the response shape of an operation. Throws `Unsupported`. */
export function compileOperation(
  { supergraph, connections }: Parts,
  prepared: PreparedOperation,
  { node }: QueryPlan,
): CompiledOperation {
  const read = () =>
    operationFromDocument(supergraph.plannerApi, prepared.document, {
      operationName: prepared.name,
      validate: false,
    });
  const operation = read();
  const defaults: Record<string, unknown> = operation.collectDefaultedVariableValues();
  const isSubscription = node?.kind === 'Subscription';
  const primary = isSubscription ? node.primary : undefined;
  const context: PlanContext = {
    schema: supergraph.schema,
    sendOf: (fetch: FetchNode) =>
      fetch === primary
        ? sendEvent
        : compileSend(fetch, (connections as Partial<SubgraphConnections>)[fetch.serviceName as never]),
    conditionOf: (run, variable) => conditionOf(defaults, run, variable),
  };
  const plan = isSubscription
    ? ({ kind: 'Sequence', nodes: node.rest ? [node.primary, node.rest] : [node.primary] } as const)
    : node;
  return {
    step: plan && compileNode(context, plan as Parameters<typeof compileNode>[1]),
    shape: prepared.introspects ? undefined : compileShape(operation, read),
  };
}

function conditionOf(defaults: Record<string, unknown>, { variables }: Run, name: string): boolean {
  const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const value: unknown = given === undefined ? defaults[name] : given;
  if (typeof value !== 'boolean') throw new Error(`Missing or non-boolean value for variable $${name}`);
  return value;
}
