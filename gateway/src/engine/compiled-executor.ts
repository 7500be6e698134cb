import type { QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@gatehouse/service-kit';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Executor } from '../executor/executor.ts';
import { maskExecutionError } from '../executor/mask-errors.ts';
import { type Exchange, noteFailure, planned, type Result } from '../operation/exchange.ts';
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
  /** Counted on, when given. */
  counts?: EngineCounts;
}): CompiledExecutor {
  const { supergraph, connections, logger, fallback } = options;
  const compiled = new WeakMap<QueryPlan, CompiledOperation | null>();
  const longWay = createLongWay(supergraph, logger);
  const counts = options.counts ?? createCounts();

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

  const failed = (err: unknown, exchange: Exchange): Result => {
    const { requestId } = exchange;
    logger.error({ err, requestId }, 'execution failed');
    const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
    const errors = [{ message: 'Unexpected error.', extensions }];
    noteFailure(exchange, errors);
    return { data: null, errors };
  };

  /** Runs the plan, and finishes at once when all subgraphs answered at once. Throws and rejects with what went wrong. */
  const execute = <T>(
    exchange: Exchange,
    event: Result | undefined,
    finish: Finish<T>,
  ): T | Promise<T> | undefined => {
    const { operation, plan } = planned(exchange);
    const known = compiledOf(operation, plan);
    if (!known) {
      counts.fallbacks += 1;
      return undefined;
    }
    counts.compiled += 1;
    const run = newRun(exchange, operation, event);
    const running = known.step?.(run, run.data);
    return running ? running.then(() => finish(run, known)) : finish(run, known);
  };

  const toResult: Finish<Result> = (run, { shape }) => {
    const shaped = shape?.object(run.data, run.variables);
    return shaped ? { ...maskedErrors(run, run.errors), data: shaped } : takeLongWay(run);
  };

  const toJson: Finish<string> = (run, { shape }) => {
    const shaped = shape?.json(run.data, run.variables);
    if (shaped === undefined) return takeLongWay(run).then((result) => JSON.stringify(result));
    if (run.errors.length === 0) return `{"data":${shaped}}`;
    return `{"errors":${JSON.stringify(maskedErrors(run, run.errors).errors)},"data":${shaped}}`;
  };

  const takeLongWay = async (run: Run): Promise<Result> => {
    counts.longWays += 1;
    const { errors, data, extensions }: ExecutionResult = await longWay(run);
    return {
      ...maskedErrors(run, errors ?? []),
      data: data ?? null,
      ...(extensions && { extensions }),
    } as Result;
  };

  const maskedErrors = ({ exchange, operation }: Run, errors: readonly unknown[]): Pick<Result, 'errors'> => {
    if (errors.length === 0) return {};
    const { requestId } = exchange;
    const masking = { requestId, logger, isQuestion: operation.kind !== 'mutation' };
    const masked = errors.map((error) => maskExecutionError(formatted(error), masking));
    noteFailure(exchange, masked);
    return { errors: masked };
  };

  return {
    counts,
    async execute(exchange) {
      try {
        return (await execute(exchange, undefined, toResult)) ?? (await fallback.execute(exchange));
      } catch (error) {
        return failed(error, exchange);
      }
    },
    async executeEvent(exchange, event) {
      try {
        return (await execute(exchange, event, toResult)) ?? (await fallback.executeEvent(exchange, event));
      } catch (error) {
        return failed(error, exchange);
      }
    },
    executeToJson(exchange) {
      const asJson = (error: unknown) => JSON.stringify(failed(error, exchange));
      try {
        const text = execute(exchange, undefined, toJson);
        if (typeof text === 'string') return text;
        return (text ?? fallback.execute(exchange).then((result) => JSON.stringify(result))).catch(asJson);
      } catch (error) {
        return asJson(error);
      }
    },
  };
}

/** Makes the answer of what a plan has brought together. */
type Finish<T> = (run: Run, operation: CompiledOperation) => T | Promise<T>;

const newRun = (exchange: Exchange, operation: PreparedOperation, event: Result | undefined): Run => ({
  exchange,
  operation,
  variables: exchange.parameters.variables,
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
