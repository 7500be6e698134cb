import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { GatehouseError } from '../errors.ts';

export const subgraphNames = ['user', 'auth', 'storage', 'notification'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

/** Header in which a caller inside the system proves who it is; `authorization` stays the public client's own. */
export const passportHeader = 'gatehouse-passport';

/** What the gateway says about where a request came from. Never taken from the request by a subgraph itself. */
export type ClientInfo = {
  ipAddress: string;
  userAgent: string | null;
  /** Host header of the public request, lower case, with the port. */
  host: string;
};

/** An HTTP path besides GraphQL that a subgraph answers; the gateway's proxy leads there. */
export type Route = {
  /** `/oauth2` answers `/oauth2` and everything below it. */
  prefix: string;
  handle(request: IncomingMessage, response: ServerResponse, client: ClientInfo): void | Promise<void>;
};

/**
 * A part of the graph, mounted in process or served alone. `Caller` is whoever the passport names
 * (`@gatehouse/identity`); this package does not look into it.
 */
export type Subgraph<Caller> = {
  name: SubgraphName;
  schema: GraphQLSchema;
  /** Coordinates (`Type.field`) whose `@authenticated`, `@requiresScopes` or `@inaccessible` rule this schema enforces. */
  enforced: readonly string[];
  /** The GraphQL context of one request. */
  context(caller: Caller): object;
  routes: readonly Route[];
  /** Resolves when it can answer; throws with the reason when it can't. */
  ready(): Promise<void>;
  /** What is told of an error that only says that something it can't do without is gone for a while; undefined for any other. */
  outageOf?(error: unknown): GatehouseError | undefined;
  /** What it goes on without, for a while, such as `events`. */
  degraded?(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
};
