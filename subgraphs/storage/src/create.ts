import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization } from '@gatehouse/identity';
import { type Subgraph, scalars } from '@gatehouse/service-kit/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { auditStorageMutations } from './audited-mutations.ts';
import { startCleaning } from './clean.ts';
import type { Context } from './context.ts';
import type { StorageDeps } from './deps.ts';
import { giveDocuments, storageGroup } from './reactions/give-documents.ts';
import { documentResolvers } from './resolvers/document.ts';
import { documentLoader } from './resolvers/document-loader.ts';
import { serviceResolvers } from './resolvers/service.ts';
import { storageRoute } from './routes/index.ts';
import { outbox } from './tables/outbox.ts';

/** The storage subgraph: documents, and the routes that take and give their content. */
export function createStorage(deps: StorageDeps): Subgraph<Caller> {
  const { database, bus, logger } = deps;
  const { schema, enforced } = enforceAuthorization(buildSchema(deps));
  auditStorageMutations(schema, deps);
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'storage',
    schema,
    enforced,
    context: (caller): Context => ({ caller, database, documents: documentLoader(database, caller) }),
    routes: [storageRoute(deps)],
    ready: () => database.check(),
    async start() {
      running.push(startRelay({ database, outbox, bus, logger }));
      running.push(startCleaning(deps));
      const subscription = await bus.subscribe({
        group: storageGroup,
        types: ['user.created'],
        handler: (event) => giveDocuments(deps, event),
      });
      running.push(subscription);
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
    },
  };
}

function buildSchema(deps: StorageDeps): GraphQLSchema {
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  const own = documentResolvers(deps);
  const service = serviceResolvers(deps);
  const resolvers = {
    DateTime: scalars.DateTime,
    ...own,
    Query: { ...own.Query, ...service.Query },
    Mutation: { ...own.Mutation, ...service.Mutation },
  };
  return buildSubgraphSchema([{ typeDefs, resolvers }]);
}
