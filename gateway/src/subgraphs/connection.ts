import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '@gatehouse/identity';
import type { FailureReason, Resilience, SubgraphName } from '@gatehouse/service-kit/subgraph';
import type { FormattedExecutionResult } from 'graphql';

/** One fetch of a plan. */
export type SubgraphRequest = {
  query: string;
  operationName?: string;
  variables: Record<string, unknown>;
  caller: Caller;
  /** W3C trace context of this hop. */
  traceparent: string;
  /** The client has gone away: nobody waits for the answer. */
  signal?: AbortSignal;
};

/** A document that is sent again and again: all of a request that changes from one to the next. */
export type PreparedFetch = (
  given: Omit<SubgraphRequest, 'query' | 'operationName'>,
) => SubgraphResult | Promise<SubgraphResult>;

export type SubgraphResult = FormattedExecutionResult<Record<string, unknown>>;

/** How the gateway reaches a subgraph, in its own process or in another. */
export interface SubgraphConnection {
  /** Answers a fetch; a subgraph that fails is an error of the result (`SUBGRAPH_UNAVAILABLE`), never a rejection. */
  execute(request: SubgraphRequest): Promise<SubgraphResult>;
  /** `execute` for one document, with everything done beforehand that can be. The answer may be there at once. */
  prepare?(query: string, operationName: string | undefined): PreparedFetch;
  /** Opens an event stream; it throws when the connection is lost. Errors of the operation are its first result. */
  subscribe(request: SubgraphRequest): AsyncIterableIterator<SubgraphResult>;
  /** Passes a request for one of the subgraph's routes on. The forwarding headers are already set. */
  forward(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void>;
  /** Coordinates whose authorization the subgraph declares to enforce; waits for a remote one to come up. */
  enforced(): Promise<readonly string[]>;
  /** Resolves when the subgraph can answer, with what it goes on without for a while; throws with the reason when it can't. */
  ready(): Promise<readonly string[]>;
  /** How fetches over the network fare: the state of the circuit, and counts. */
  readonly resilience?: Pick<Resilience, 'circuit' | 'counts'>;
  close(): Promise<void>;
}

export type SubgraphConnections = Record<SubgraphName, SubgraphConnection>;

/** What stands for the answer of a subgraph that gave none. */
export const unavailable = (service: string, reason: FailureReason, retryable: boolean): SubgraphResult => ({
  errors: [
    {
      message: 'A part of the graph did not answer.',
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', service, reason, retryable },
    },
  ],
});
