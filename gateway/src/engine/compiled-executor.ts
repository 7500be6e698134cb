import type { QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@gatehouse/service-kit';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Executor } from '../executor/executor.ts';
import { maskExecutionError } from '../executor/mask-errors.ts';
import { type Exchange, planned, type Result } from '../operation/exchange.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import type { LoadedSupergraph } from '../supergraph/load.ts';
import { createCounts, type EngineCounts } from './counts.ts';
import { createLongWay } from './long-way.ts';
import { type CompiledOperation, compileOperation } from './operations.ts';
import { type Run, Unsupported } from './run.ts';

export type CompiledExecutor = Executor & { counts: EngineCounts };

/** Executes plans compiled: each into closures, with a generated function for the shape of the response. */
export function createCompiledExecutor(options: {
  supergraph: LoadedSupergraph;
  connections: SubgraphConnections;
  logger: Logger;
  /** Takes the operations whose plan the compiler does not know. */
  fallback: Executor;
}): CompiledExecutor {
  const { supergraph, connections, logger, fallback } = options;
  const compiled = new WeakMap<QueryPlan, CompiledOperation | null>();
  const longWay = createLongWay(supergraph, logger);
  const counts = createCounts();

  const compiledOf = (operation: PreparedOperation, plan: QueryPlan): CompiledOperation | null => {
    const known = compiled.get(plan);
    if (known !== undefined) return known;
    const fresh = compile(operation, plan);
    compiled.set(plan, fresh);
    return fresh;
  };

  const compile = (operation: PreparedOperation, plan: QueryPlan): CompiledOperation | null => {
    try {
      return compileOperation({ supergraph, connections }, operation, plan);
    } catch (error) {
      const reason = error instanceof Unsupported ? error.reason : 'compiler-error';
      logger.warn({ err: error, reason }, 'an operation is not compiled');
      counts.uncompiled[reason] += 1;
      return null;
    }
  };

  const execute = async (exchange: Exchange, event: Result | undefined): Promise<Result> => {
    const { operation, plan } = planned(exchange);
    const { requestId } = exchange;
    try {
      const known = compiledOf(operation, plan);
      if (!known) {
        counts.fallbacks += 1;
        return event ? await fallback.executeEvent(exchange, event) : await fallback.execute(exchange);
      }
      counts.compiled += 1;
      const run = newRun(exchange, operation, event);
      const running = known.step?.(run, run.data);
      if (running) await running;
      return await finish(run, known);
    } catch (err) {
      logger.error({ err, requestId }, 'execution failed');
      const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
      return { data: null, errors: [{ message: 'Unexpected error.', extensions }] };
    }
  };

  const finish = async (run: Run, { shape }: CompiledOperation): Promise<Result> => {
    const shaped = shape?.object(run.data, run.variables);
    if (shaped) return { ...maskedErrors(run, run.errors), data: shaped };
    counts.longWays += 1;
    const { errors, data, extensions }: ExecutionResult = await longWay(run);
    return {
      ...maskedErrors(run, errors ?? []),
      data: data ?? null,
      ...(extensions && { extensions }),
    } as Result;
  };

  const maskedErrors = ({ exchange: { requestId } }: Run, errors: readonly unknown[]) =>
    errors.length > 0 && {
      errors: errors.map((error) => maskExecutionError(formatted(error), { requestId, logger })),
    };

  return {
    counts,
    execute: (exchange) => execute(exchange, undefined),
    executeEvent: execute,
  };
}

const newRun = (exchange: Exchange, operation: PreparedOperation, event: Result | undefined): Run => ({
  exchange,
  operation,
  variables: exchange.parameters.variables,
  signal: operation.kind === 'mutation' ? undefined : exchange.signal,
  event,
  data: Object.create(null),
  errors: [],
});

/** A fetch that threw has only a message; what a subgraph answered is formatted already. */
function formatted(error: unknown): GraphQLFormattedError {
  if (error instanceof GraphQLError) return error.toJSON();
  if (error instanceof Error) return { message: error.message };
  return typeof error === 'object' && error !== null
    ? (error as GraphQLFormattedError)
    : { message: String(error) };
}
