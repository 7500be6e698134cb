import { ApolloGateway, LocalGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { type Name, queries, subgraphSchema, supergraphSdl } from './graph.ts';

/** The right answer to every query, from the reference: what the floors send and what everybody else is checked by. */
export async function readyAnswers(): Promise<Map<string, unknown>> {
  process.env.APOLLO_TELEMETRY_DISABLED = 'true';
  const gateway = new ApolloGateway({
    supergraphSdl: supergraphSdl((name) => `http://${name}`),
    buildService: ({ name }) => new LocalGraphQLDataSource(subgraphSchema(name as Name)),
  });
  const server = new ApolloServer({ gateway, logger: silent });
  await server.start();
  const answers = new Map<string, unknown>();
  for (const query of Object.values(queries)) {
    const { body } = await server.executeOperation({ query });
    if (body.kind !== 'single' || body.singleResult.errors) throw new Error(`the reference fails: ${query}`);
    answers.set(query, JSON.parse(JSON.stringify({ data: body.singleResult.data })));
  }
  await server.stop();
  return answers;
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };
