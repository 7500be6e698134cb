import type { QueryPlan } from '@apollo/query-planner';
import type { Caller } from '@gatehouse/identity';
import type { ErrorCode } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { FormattedExecutionResult, OperationTypeNode } from 'graphql';
import type { Graph } from '../graph/graph.ts';
import type { Identity } from '../tokens/identity.ts';
import type { PreparedOperation } from './prepare.ts';

/** What a client sent, checked for its shape only. */
export type GraphqlParameters = {
  query?: string;
  operationName?: string;
  variables: Record<string, unknown>;
  extensions: Record<string, unknown>;
};

export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** A stream of results that can be ended from both sides. */
export type ResultStream = AsyncIterableIterator<Result> & { return(): Promise<IteratorResult<Result>> };

export type Outcome =
  | { kind: 'result'; result: Result }
  /** A result, written already. Only for those who take text. */
  | { kind: 'text'; text: string }
  | { kind: 'stream'; stream: ResultStream };

/** One operation on its way through the plugins, whatever transport it came by. */
export type Exchange = {
  readonly parameters: GraphqlParameters;
  /** Values of the Authorization header, or what the connection was opened with. */
  readonly authorization: readonly string[];
  readonly client: ClientInfo;
  readonly inboundTraceparent: string | undefined;
  readonly allowedKinds: readonly OperationTypeNode[];
  /** Aborted when the client goes away. A function: most requests are answered without anybody asking for it. */
  readonly signal: () => AbortSignal | undefined;
  /** Told why the connection, not only a stream on it, has to end. */
  readonly endConnection?: ((code: ErrorCode) => void) | undefined;
  /** Takes a single result as JSON text, too. */
  readonly takesText?: boolean | undefined;
  requestId: string;
  traceparent: string;
  identity: Identity | null;
  caller: Caller;
  /** The supergraph that this operation is prepared, planned and executed with. */
  graph: Graph | undefined;
  operation: PreparedOperation | undefined;
  plan: QueryPlan | undefined;
  outcome: Outcome | undefined;
};

/** A step that every operation takes. Throwing refuses the operation. */
export type Plugin = { name: string; run(exchange: Exchange): void | Promise<void> };

type Given =
  | 'parameters'
  | 'authorization'
  | 'client'
  | 'inboundTraceparent'
  | 'allowedKinds'
  | 'signal'
  | 'endConnection'
  | 'takesText';

export const newExchange = (given: Pick<Exchange, Given>): Exchange => ({
  parameters: given.parameters,
  authorization: given.authorization,
  client: given.client,
  inboundTraceparent: given.inboundTraceparent,
  allowedKinds: given.allowedKinds,
  signal: given.signal,
  endConnection: given.endConnection,
  takesText: given.takesText,
  requestId: '',
  traceparent: '',
  identity: null,
  caller: { service: null, principal: null, client: given.client, requestId: '' },
  // Named here so that every exchange has one shape.
  graph: undefined,
  operation: undefined,
  plan: undefined,
  outcome: undefined,
});

/** The graph that the exchange is bound to. */
export function graphOf({ graph }: Exchange): Graph {
  if (!graph) throw new Error('the operation is bound to no graph');
  return graph;
}

/** The operation and its plan, which the plugins before this point have set. */
export function planned(exchange: Exchange): { operation: PreparedOperation; plan: QueryPlan } {
  const { operation, plan } = exchange;
  if (!operation || !plan) throw new Error('the operation was not planned');
  return { operation, plan };
}
