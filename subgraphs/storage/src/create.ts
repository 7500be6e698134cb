import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { databaseOutage } from '@gatehouse/data';
import { startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization, noteWrites } from '@gatehouse/identity';
import { type Subgraph, scalars } from '@gatehouse/service-kit/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { auditStorageMutations } from './audited-mutations.ts';
import { startCleaning } from './clean.ts';
import { bytesOf } from './content/count-bytes.ts';
import type { Context } from './context.ts';
import type { StorageDeps } from './deps.ts';
import { giveDocuments, storageGroup } from './reactions/give-documents.ts';
import { documentResolvers } from './resolvers/document.ts';
import { documentLoader } from './resolvers/document-loader.ts';
import { serviceResolvers } from './resolvers/service.ts';
import { storageRoute } from './routes/index.ts';
import { outbox } from './tables/outbox.ts';
import { openTenants, type Tenants } from './tenants.ts';

/** The storage subgraph: documents, and the routes that take and give their content. */
export function createStorage(deps: StorageDeps): Subgraph<Caller> {
  const { database, bus, logger, metrics } = deps;
  const tenants = openTenants(deps);
  const { schema, enforced } = enforceAuthorization(buildSchema({ ...deps, tenants }));
  auditStorageMutations(schema, deps);
  noteWrites(schema, database.noteWrite);
  // Told before there is any of it.
  for (const direction of ['up', 'down'] as const) bytesOf(metrics, direction);
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'storage',
    schema,
    enforced,
    context: (caller): Context => ({ caller, database, documents: documentLoader(database, caller) }),
    routes: [storageRoute(deps, tenants)],
    outageOf: databaseOutage,
    ready: () => database.check(),
    async start() {
      running.push(startRelay({ database, outbox, bus, logger, metrics }));
      running.push(startCleaning(deps));
      const subscription = await bus.subscribe({
        group: storageGroup,
        types: ['user.created'],
        handler: (event) => giveDocuments(deps, event),
      });
      running.push(subscription);
      running.push({ stop: await tenants.follow(deps.pubSub) });
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
    },
  };
}

function buildSchema(deps: StorageDeps & { tenants: Tenants }): GraphQLSchema {
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
