import './corrected-reference.ts';
import { isDeepStrictEqual } from 'node:util';
import type { QueryPlan } from '@apollo/query-planner';
import { permissionNames, serviceCaller } from '@gatehouse/identity';
import type { OperationTypeNode } from 'graphql';
import type { Executor } from '../../src/executor/executor.ts';
import { type Exchange, newExchange, type Result } from '../../src/operation/exchange.ts';
import type { PreparedOperation } from '../../src/operation/prepare.ts';
import { canonical } from './random.ts';
import type { Scenario, TestGraph } from './test-graph.ts';

/** One question to both executors. */
export type Case = {
  source: string;
  name?: string;
  variables: Record<string, unknown>;
  scenario: Scenario;
  /** Over the product's in-process connections, not the mocked ones. */
  mounted?: boolean;
  /** May not look at the schema. */
  unexploring?: boolean;
};

export type Answer = { data: unknown; errors: unknown[]; extensions: unknown; text: string };
export type Difference = { case: Case; stock: Answer; compiled: Answer };

const client = { ipAddress: '127.0.0.1', userAgent: null, host: 'localhost' };
const requestId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${requestId}-b7ad6b7169203331-00`;

/** Parses, validates and plans as the gateway does, each operation once. */
export function prepared(graph: TestGraph, { source, name }: Pick<Case, 'source' | 'name'>) {
  const operation = graph.documents.prepare(source, name, true);
  return { operation, plan: graph.planner.planOf(operation) };
}

/** The difference between the two answers to a case, or undefined: as it should be. */
export async function differenceIn(graph: TestGraph, one: Case): Promise<Difference | undefined> {
  const { operation, plan } = prepared(graph, one);
  const executors = one.mounted ? graph.mounted : graph.mocked;
  const stock = await answerOf(graph, executors.stock, one, { operation, plan });
  const compiled = await answerOf(graph, executors.compiled, one, { operation, plan });
  return isSame(stock, compiled) ? undefined : { case: one, stock, compiled };
}

/** Whether parts of the plan run at the same time. */
export const hasBranches = (plan: QueryPlan): boolean => {
  const known = branching.get(plan) ?? JSON.stringify(plan).includes('"kind":"Parallel"');
  branching.set(plan, known);
  return known;
};
const branching = new WeakMap<QueryPlan, boolean>();

type Planned = { operation: PreparedOperation; plan: QueryPlan };

/** What one executor answers to a case. */
export async function answerOf(
  graph: TestGraph,
  executor: Executor,
  one: Case,
  planned: Planned,
): Promise<Answer> {
  graph.begin(one.scenario, hasBranches(planned.plan));
  const exchange = exchangeOf(one, planned);
  const { node } = planned.plan;
  if (node?.kind !== 'Subscription') return onTheWire(await executor.execute(exchange));
  const { serviceName, operation, operationName } = node.primary;
  const { caller, parameters } = exchange;
  const request = { query: operation, operationName, variables: parameters.variables, caller, traceparent };
  const event = await Promise.resolve(graph.firstAnswer(serviceName, request)).catch(() => undefined);
  return onTheWire(await executor.executeEvent(exchange, (event ?? { data: null }) as Result));
}

function exchangeOf({ source, name, variables, unexploring }: Case, { operation, plan }: Planned): Exchange {
  const exchange = newExchange({
    proof: null,
    // A copy: neither may change what the other is given.
    parameters: { query: source, operationName: name, variables: structuredClone(variables), extensions: {} },
    authorization: [],
    client,
    inboundTraceparent: undefined,
    allowedKinds: ['query', 'mutation', 'subscription'] as OperationTypeNode[],
    connection: { signal: () => undefined, end() {} },
  });
  const explorer = { ...serviceCaller('gateway').principal, permissions: permissionNames } as never;
  exchange.caller = { ...exchange.caller, requestId, principal: unexploring ? null : explorer };
  return Object.assign(exchange, { requestId, traceparent, operation, plan });
}

/** An answer as a client reads it, the order of its fields included. */
function onTheWire(result: Result): Answer {
  const text = JSON.stringify(result);
  const { data, errors = [], extensions } = JSON.parse(text);
  return { data, errors, extensions, text: JSON.stringify(data ?? null) };
}

/** Fetches in parallel may fail in any order; everything else is compared as it stands. */
function isSame(stock: Answer, compiled: Answer): boolean {
  return (
    stock.text === compiled.text &&
    isDeepStrictEqual(sorted(stock.errors), sorted(compiled.errors)) &&
    isDeepStrictEqual(stock.extensions, compiled.extensions)
  );
}

const sorted = (errors: readonly unknown[]): string[] => errors.map((error) => canonical(error)).sort();

/** A difference as a developer wants to read it. */
export function described(graph: TestGraph, difference: Difference, seed: string): string {
  const { source, variables, scenario, mounted } = difference.case;
  const answer = ({ data, errors, extensions }: Answer) =>
    JSON.stringify({ data, errors, extensions }, null, 1);
  return [
    `supergraph ${graph.name}, seed ${seed}${mounted ? ', in process' : ''}, ${JSON.stringify(scenario)}`,
    source,
    `variables ${JSON.stringify(variables)}`,
    `stock    ${answer(difference.stock)}`,
    `compiled ${answer(difference.compiled)}`,
  ].join('\n');
}
