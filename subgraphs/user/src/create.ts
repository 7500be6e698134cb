import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { databaseOutage } from '@gatehouse/data';
import { startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization } from '@gatehouse/identity';
import type { Subgraph } from '@gatehouse/service-kit/subgraph';
import { parse } from 'graphql';
import { auditUserMutations } from './audited-mutations.ts';
import { RequestContext } from './context.ts';
import type { UserDeps } from './deps.ts';
import { startHousekeeping } from './housekeeping.ts';
import { emailChangeConfirmed } from './reactions/email-change-confirmed.ts';
import { phoneNumberConfirmed } from './reactions/phone-number-confirmed.ts';
import { registrationConfirmed } from './reactions/registration-confirmed.ts';
import { roleDefinitionsChanged } from './reactions/role-definitions-changed.ts';
import { tenantChanged } from './reactions/tenant-changed.ts';
import { resolvers } from './resolvers/index.ts';
import { outbox } from './tables/index.ts';

/** The user subgraph: people, their roles, and the tenants they belong to. */
export function createUser(deps: UserDeps): Subgraph<Caller> {
  const { database, bus, logger, metrics } = deps;
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  const { schema, enforced } = enforceAuthorization(buildSubgraphSchema([{ typeDefs, resolvers }]));
  auditUserMutations(schema, deps);
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'user',
    schema,
    enforced,
    context: (caller) => new RequestContext(caller, deps),
    routes: [],
    outageOf: databaseOutage,
    ready: () => database.check(),
    async start() {
      running.push(startRelay({ database, outbox, bus, logger, metrics }));
      running.push(startHousekeeping(deps));
      running.push(await registrationConfirmed(deps));
      running.push(await emailChangeConfirmed(deps));
      running.push(await phoneNumberConfirmed(deps));
      running.push(await roleDefinitionsChanged(deps));
      running.push(await tenantChanged(deps));
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
    },
  };
}
