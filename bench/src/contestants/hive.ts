import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { type DocumentNode, execute } from 'graphql';
import { isRemote, plainTokens, ready, subgraphUrl } from '../contestant.ts';
import { type Name, subgraphSchema, supergraphSdl } from '../graph.ts';

/** Hive Gateway; with BENCH_RUST=1 its planner in Rust. */
type Request = { document: DocumentNode; variables?: Record<string, unknown>; operationName?: string };

const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));

/** In process: the transport asks the subgraph's schema. */
const local = {
  getSubgraphExecutor({ subgraphName }: { subgraphName: string }) {
    const schema = subgraphSchema(subgraphName.toLowerCase() as Name);
    return ({ document, variables, operationName }: Request) =>
      execute({ schema, document, variableValues: variables, operationName, contextValue: {} });
  },
};

const gateway = createGatewayRuntime({
  supergraph: supergraphSdl(subgraphUrl),
  logging: false,
  maskedErrors: false,
  landingPage: false,
  graphiql: false,
  ...(process.env.BENCH_RUST === '1' && { unifiedGraphHandler }),
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }: { request: globalThis.Request }) => ({
      authorization: request.headers.get('authorization'),
    }),
  },
  ...(!isRemote && { transports: { http: local } as never }),
  context: ({ request }: { request: globalThis.Request }) => ({
    principal: tokens.get(request.headers.get('authorization') ?? ''),
  }),
} as never);

const server = createServer(gateway as never);
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  ready({ port: (server.address() as { port: number }).port, tokens: plainTokens() });
});
