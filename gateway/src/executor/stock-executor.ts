import type { QueryPlan } from '@apollo/query-planner';
import { hasPermission } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Exchange, noteFailure, planned, type Result } from '../operation/exchange.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import type { LoadedSupergraph } from '../supergraph/load.ts';
import type { Executor } from './executor.ts';
import { maskExecutionError } from './mask-errors.ts';
import {
  logged,
  newOperationContext,
  type OperationContext,
  requestContextOf,
  type ServiceMap,
  serviceMap,
  unexplored,
} from './stock-context.ts';
import { stockGateway } from './stock-gateway.ts';

/** The service that "answers" the primary fetch of a subscription. No subgraph can have this name. */
const eventService = '\0event';

/** Executes plans with the executor of `@apollo/gateway`. */
export function createStockExecutor(options: {
  supergraph: LoadedSupergraph;
  connections: SubgraphConnections;
  logger: Logger;
}): Executor {
  const { supergraph, logger } = options;
  const contexts = new WeakMap<PreparedOperation, OperationContext>();
  const eventPlans = new WeakMap<QueryPlan, QueryPlan>();
  const services = serviceMap(options.connections);
  const apolloLogger = logged(logger);

  const contextOf = async (operation: PreparedOperation, { caller }: Exchange): Promise<OperationContext> => {
    if (operation.introspects && !hasPermission(caller.principal, 'graph:explore')) {
      return newOperationContext(unexplored, operation);
    }
    const known = contexts.get(operation);
    if (known) return known;
    const context = await newOperationContext(supergraph.api, operation);
    contexts.set(operation, context);
    return context;
  };

  const run = async (
    exchange: Exchange,
    plan: QueryPlan,
    from: ServiceMap,
    eventsOf?: string,
  ): Promise<Result> => {
    const { operation } = planned(exchange);
    const { requestId } = exchange;
    const masking = { requestId, logger, isQuestion: operation.kind !== 'mutation' };
    try {
      const { executeQueryPlan } = await stockGateway();
      const result: ExecutionResult = await executeQueryPlan(
        plan,
        from,
        requestContextOf(exchange, operation, apolloLogger),
        await contextOf(operation, exchange),
        supergraph.schema,
        supergraph.plannerApi,
      );
      const errors = result.errors?.map((error) =>
        maskExecutionError(ofOwner(formatted(error), eventsOf), masking),
      );
      noteFailure(exchange, errors);
      const { data, extensions } = result;
      return { ...(errors && { errors }), data: data ?? null, ...(extensions && { extensions }) } as Result;
    } catch (err) {
      logger.error({ err, requestId }, 'execution failed');
      const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
      const errors = [{ message: 'Unexpected error.', extensions }];
      noteFailure(exchange, errors);
      return { data: null, errors };
    }
  };

  return {
    execute: (exchange) => run(exchange, planned(exchange).plan, services),
    executeEvent(exchange, event) {
      const { plan } = planned(exchange);
      const eventPlan = eventPlans.get(plan) ?? planOfEvent(plan);
      eventPlans.set(plan, eventPlan);
      const from = { ...services, [eventService]: { process: async () => event } };
      const owner = plan.node?.kind === 'Subscription' ? plan.node.primary.serviceName : undefined;
      return run(exchange, eventPlan, from, owner);
    },
  };
}

/** The plan of one event: its primary fetch, answered by the event itself, then the rest. */
function planOfEvent({ node }: QueryPlan): QueryPlan {
  if (node?.kind !== 'Subscription') throw new Error('not the plan of a subscription');
  const primary = { ...node.primary, serviceName: eventService };
  return { kind: 'QueryPlan', node: node.rest ? { kind: 'Sequence', nodes: [primary, node.rest] } : primary };
}

/** An error of the event itself is one of the subgraph that sent it. */
const ofOwner = (error: GraphQLFormattedError, owner: string | undefined): GraphQLFormattedError =>
  error.extensions?.serviceName === eventService
    ? { ...error, extensions: { ...error.extensions, serviceName: owner } }
    : error;

const formatted = (error: unknown): GraphQLFormattedError =>
  error instanceof GraphQLError
    ? error.toJSON()
    : { message: error instanceof Error ? error.message : String(error) };
