import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { databaseOutage } from '@gatehouse/data';
import { startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization, noteWrites } from '@gatehouse/identity';
import type { Subgraph } from '@gatehouse/service-kit/subgraph';
import { parse } from 'graphql';
import { auditUserMutations } from './audited-mutations.ts';
import { RequestContext } from './context.ts';
import type { UserDeps } from './deps.ts';
import { startHousekeeping } from './housekeeping.ts';
import { accountConnected } from './reactions/account-connected.ts';
import { campaignCreated } from './reactions/campaign-created.ts';
import { complianceViolated } from './reactions/compliance-violated.ts';
import { emailChangeConfirmed } from './reactions/email-change-confirmed.ts';
import { phoneNumberConfirmed } from './reactions/phone-number-confirmed.ts';
import { registrationConfirmed } from './reactions/registration-confirmed.ts';
import { roleDefinitionsChanged } from './reactions/role-definitions-changed.ts';
import { subscriptionUpdated } from './reactions/subscription-updated.ts';
import { tenantChanged } from './reactions/tenant-changed.ts';
import { resolvers } from './resolvers/index.ts';
import { outbox } from './tables/index.ts';

/** Every consumer group of this subgraph. */
const reactions = [
  registrationConfirmed,
  emailChangeConfirmed,
  phoneNumberConfirmed,
  roleDefinitionsChanged,
  tenantChanged,
  accountConnected,
  campaignCreated,
  subscriptionUpdated,
  complianceViolated,
];

/** The user subgraph: people, their roles, and the tenants they belong to. */
export function createUser(deps: UserDeps): Subgraph<Caller> {
  const { database, bus, logger, metrics } = deps;
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  const { schema, enforced } = enforceAuthorization(buildSubgraphSchema([{ typeDefs, resolvers }]));
  auditUserMutations(schema, deps);
  noteWrites(schema, database.noteWrite);
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
      for (const reaction of reactions) running.push(await reaction(deps));
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
    },
  };
}
