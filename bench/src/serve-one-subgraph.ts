import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type Caller, createPassportVerifier } from '@gatehouse/identity';
import { createLogger } from '@gatehouse/service-kit';
import { serveSubgraph } from '@gatehouse/service-kit/subgraph';
import { type Name, subgraphSchema } from './graph.ts';
import { silent } from './ready-answers.ts';

/** One subgraph of a fleet: as the product serves its own, passports verified, or plainly on `@apollo/server`. */
const name = process.env.BENCH_NAME as Name;
const port = process.env.BENCH_APOLLO === '1' ? await onApollo() : await asOurs();
process.send?.({ port });
process.on('disconnect', () => process.exit(0));

async function onApollo(): Promise<number> {
  const server = new ApolloServer({ schema: subgraphSchema(name), logger: silent });
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
  return Number(new URL(url).port);
}

async function asOurs(): Promise<number> {
  const verify = createPassportVerifier(name, JSON.parse(process.env.BENCH_PASSPORT_JWKS ?? '{"keys":[]}'));
  const served = await serveSubgraph<Caller>({
    subgraph: {
      name,
      schema: subgraphSchema(name),
      enforced: [],
      context: (caller) => ({ caller }),
      routes: [],
      ready: async () => {},
      start: async () => {},
      stop: async () => {},
    },
    port: 0,
    host: '127.0.0.1',
    logger: createLogger({ name, level: 'error' }),
    verify,
    isGateway: ({ service }) => service === 'gateway',
    clientOf: ({ client }) => client,
  });
  return served.port;
}
