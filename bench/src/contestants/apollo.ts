import {
  ApolloGateway,
  type GraphQLDataSourceProcessOptions,
  LocalGraphQLDataSource,
  RemoteGraphQLDataSource,
} from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { isRemote, plainTokens, ready, subgraphUrl } from '../contestant.ts';
import { type Name, subgraphSchema, supergraphSdl } from '../graph.ts';
import { silent } from '../ready-answers.ts';

/** Stock `@apollo/server` with stock `@apollo/gateway`. */
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));

/** Tells the subgraphs who asks. */
class StatesCaller extends RemoteGraphQLDataSource<{ authorization?: string }> {
  override willSendRequest({
    request,
    context,
  }: GraphQLDataSourceProcessOptions<{ authorization?: string }>) {
    if (context.authorization) request.http?.headers.set('authorization', context.authorization);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: supergraphSdl(subgraphUrl),
  logger: silent,
  buildService: ({ name, url }) =>
    isRemote ? new StatesCaller({ url }) : new LocalGraphQLDataSource(subgraphSchema(name as Name)),
});
const server = new ApolloServer({ gateway, logger: silent });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req: { headers } }) => ({
    principal: tokens.get(headers.authorization ?? ''),
    authorization: headers.authorization,
  }),
});
ready({ port: Number(new URL(url).port), tokens: plainTokens() });
