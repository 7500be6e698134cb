import type { QueryPlan } from '@apollo/query-planner';
import { hasPermission } from '@gatehouse/identity';
import type { Graph } from '../graph/graph.ts';
import { checkVariables } from '../operation/check-variables.ts';
import { type Exchange, planned } from '../operation/exchange.ts';

/**
 * Takes a running subscription to another graph: the rest of its events is planned and shaped by that. Answers the code to
 * end it with when it can't go on: its operation no longer fits, or its events would have to come from elsewhere.
 */
export function rebind(exchange: Exchange, graph: Graph): 'SCHEMA_CHANGED' | 'RESUME_REQUIRED' | undefined {
  const { operation: before, plan: planBefore } = planned(exchange);
  const mayExplore = hasPermission(exchange.caller.principal, 'graph:explore');
  try {
    const operation = graph.documents.prepare(before.source, before.name, mayExplore);
    checkVariables(graph.api, operation, exchange.parameters.variables, mayExplore);
    const plan = graph.planner.planOf(operation);
    if (sourceOf(plan) !== sourceOf(planBefore)) return 'RESUME_REQUIRED';
    Object.assign(exchange, { graph, operation, plan } satisfies Partial<Exchange>);
    return undefined;
  } catch {
    return 'SCHEMA_CHANGED';
  }
}

/** The fetch whose stream is open at the subgraph, as text. */
const sourceOf = ({ node }: QueryPlan): string =>
  JSON.stringify(node?.kind === 'Subscription' ? node.primary : undefined);
