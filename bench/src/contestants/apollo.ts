import { ApolloGateway, LocalGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { isRemote, plainTokens, ready, subgraphUrl } from '../contestant.ts';
import { type Name, subgraphSchema, supergraphSdl } from '../graph.ts';
import { silent } from '../ready-answers.ts';

/** Stock `@apollo/server` with stock `@apollo/gateway`. */
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));
const gateway = new ApolloGateway({
  supergraphSdl: supergraphSdl(subgraphUrl),
  logger: silent,
  ...(!isRemote && {
    buildService: ({ name }: { name: string }) => new LocalGraphQLDataSource(subgraphSchema(name as Name)),
  }),
});
const server = new ApolloServer({ gateway, logger: silent });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => ({ principal: tokens.get(req.headers.authorization ?? '') }),
});
ready({ port: Number(new URL(url).port), tokens: plainTokens() });
