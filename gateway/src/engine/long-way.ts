import type { QueryPlan } from '@apollo/query-planner';
import { hasPermission } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import type { ExecutionResult } from 'graphql';
import {
  logged,
  newOperationContext,
  type OperationContext,
  requestContextOf,
  unexplored,
} from '../executor/stock-context.ts';
import { stockGateway } from '../executor/stock-gateway.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { LoadedSupergraph } from '../supergraph/load.ts';
import type { Run } from './run.ts';

/** The service that "answers" with what the fetches brought. No subgraph can have this name. */
const mergedService = '\0merged';

export type LongWay = (run: Run) => Promise<ExecutionResult>;

/**
 * Shapes the response by the rules of `@apollo/gateway`, from the data that is already there: its executor gets a plan of one fetch,
 * which answers the merged data. For everything that the generated functions leave alone: nulls where none may be, values
 * that do not fit, introspection. No subgraph is asked again.
 */
export function createLongWay(supergraph: LoadedSupergraph, logger: Logger): LongWay {
  const contexts = new WeakMap<PreparedOperation, OperationContext>();
  const apolloLogger = logged(logger);

  const contextOf = async ({ operation, exchange }: Run): Promise<OperationContext> => {
    if (operation.introspects && !hasPermission(exchange.caller.principal, 'graph:explore')) {
      return newOperationContext(unexplored, operation);
    }
    const known = contexts.get(operation);
    if (known) return known;
    const context = await newOperationContext(supergraph.api, operation);
    contexts.set(operation, context);
    return context;
  };

  return async (run) => {
    const { operation, exchange, data, errors } = run;
    const node = {
      kind: 'Fetch',
      serviceName: mergedService,
      operation: '',
      operationName: undefined,
      operationKind: operation.kind,
    } as const;
    const { executeQueryPlan } = await stockGateway();
    const result: ExecutionResult = await executeQueryPlan(
      { kind: 'QueryPlan', node } satisfies QueryPlan,
      { [mergedService]: { process: async () => ({ data }) } },
      requestContextOf(exchange, operation, apolloLogger),
      await contextOf(run),
      supergraph.schema,
      supergraph.plannerApi,
    );
    // It tells what it repaired only when no fetch reported an error, which would be the better explanation.
    if (result.errors || errors.length === 0) return result;
    return { data: result.data, errors: errors as never };
  };
}
