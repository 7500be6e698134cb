import type { QueryPlan } from '@apollo/query-planner';
import type { Caller } from '@gatehouse/identity';
import type { ErrorCode } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { FormattedExecutionResult, OperationTypeNode } from 'graphql';
import type { Graph } from '../graph/graph.ts';
import type { Usage } from '../rates/usage.ts';
import type { Identity } from '../tokens/identity.ts';
import type { Proof } from '../tokens/proofs.ts';
import type { PreparedOperation } from './prepare.ts';

/** What a client sent, checked for its shape only. */
export type GraphqlParameters = {
  query?: string;
  /** Names a document instead of sending it (GraphQL over HTTP, "Persisted Documents"). */
  documentId?: string;
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

/** What an operation came by, as far as it matters to one that takes long. */
export interface ClientConnection {
  /** Aborted when the client goes away. Most requests are answered without anybody asking for it. */
  signal(): AbortSignal | undefined;
  /** Told why the connection, not only a stream on it, has to end. */
  end(code: ErrorCode): void;
}

/** One operation on its way through the plugins, whatever transport it came by. */
export type Exchange = {
  readonly parameters: GraphqlParameters;
  /** Values of the Authorization header, or what the connection was opened with. */
  readonly authorization: readonly string[];
  /** That its sender holds the key which the token is bound to. */
  readonly proof: Proof | null;
  readonly client: ClientInfo;
  readonly inboundTraceparent: string | undefined;
  readonly allowedKinds: readonly OperationTypeNode[];
  readonly connection: ClientConnection;
  /** Takes a single result as JSON text, too. */
  readonly takesText?: boolean | undefined;
  /** Wants to know what the operation is estimated to cost. */
  readonly asksForCost?: boolean | undefined;
  /** When it came, by `performance.now()`. */
  readonly startedAt: number;
  requestId: string;
  traceparent: string;
  identity: Identity | null;
  caller: Caller;
  /** The document: as sent, or found by its hash. */
  source: string;
  /** The hash under which the document is to be kept, once it has proved good. */
  keepAs: string | undefined;
  /** The supergraph that this operation is prepared, planned and executed with. */
  graph: Graph | undefined;
  operation: PreparedOperation | undefined;
  /** What the operation is estimated to cost. */
  cost: number;
  /** The rate limits it was counted for. */
  readonly usages: Usage[];
  plan: QueryPlan | undefined;
  outcome: Outcome | undefined;
  /** The code of the first error that the answer tells. */
  failure: string | undefined;
};

/** A step that every operation takes. Throwing refuses the operation. */
export type Plugin = { name: string; run(exchange: Exchange): void | Promise<void> };

type Given =
  | 'parameters'
  | 'authorization'
  | 'proof'
  | 'client'
  | 'inboundTraceparent'
  | 'allowedKinds'
  | 'connection'
  | 'takesText'
  | 'asksForCost';

export const newExchange = (given: Pick<Exchange, Given>): Exchange => ({
  parameters: given.parameters,
  authorization: given.authorization,
  proof: given.proof,
  client: given.client,
  inboundTraceparent: given.inboundTraceparent,
  allowedKinds: given.allowedKinds,
  connection: given.connection,
  takesText: given.takesText,
  asksForCost: given.asksForCost,
  startedAt: performance.now(),
  requestId: '',
  traceparent: '',
  identity: null,
  caller: { service: null, principal: null, client: given.client, requestId: '' },
  // Named here so that every exchange has one shape.
  source: '',
  keepAs: undefined,
  graph: undefined,
  operation: undefined,
  cost: 0,
  usages: [],
  plan: undefined,
  outcome: undefined,
  failure: undefined,
});

/** Notes with what code the answer of an operation fails, if it does: the first one counts. */
export function noteFailure(exchange: Exchange, errors: Result['errors']): void {
  const code = errors?.[0]?.extensions?.code;
  if (code !== undefined) exchange.failure ??= String(code);
}

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
