import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { databaseOutage } from '@gatehouse/data';
import { startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization, followAddressBlocks, noteWrites } from '@gatehouse/identity';
import { createOutgoing } from '@gatehouse/service-kit/outgoing';
import type { Subgraph } from '@gatehouse/service-kit/subgraph';
import { parse } from 'graphql';
import { loadAddressBlocks } from './addresses/address-blocks.ts';
import { exemptRanges } from './addresses/count-failure.ts';
import { startAlerts } from './alerts/start-alerts.ts';
import { auditAuthMutations } from './audit/audited-mutations.ts';
import { auditRoute } from './audit/routes.ts';
import { startCheckpoints } from './audit/sign-checkpoints.ts';
import { startCleanUp } from './clean-up.ts';
import { startMailRequests } from './codes/mail-requests.ts';
import { RequestContext } from './context.ts';
import type { AuthDeps } from './deps.ts';
import { startProviderChecks } from './federation/check-identity-provider.ts';
import { providerDurations } from './federation/health.ts';
import { measureProviders } from './federation/measure-providers.ts';
import { openProviderClients } from './federation/provider-clients.ts';
import { openProviderKeys } from './federation/provider-keys.ts';
import { startKeyRotation } from './keys/rotate-on-schedule.ts';
import { limitClientFailures } from './limits/client-failures.ts';
import { openIssuers } from './oidc/issuers.ts';
import { createKnownClients } from './oidc/known-clients.ts';
import { tokenRequests } from './oidc/measure-grants.ts';
import { oidcRoutes } from './oidc/routes.ts';
import { proveSecret } from './oidc/signing-keys.ts';
import { openPasswords } from './passwords/passwords.ts';
import { openPolicies } from './policies/login-policy.ts';
import { subscribeAll } from './reactions/index.ts';
import { resolvers } from './resolvers/index.ts';
import { openAddressLists } from './risk/address-lists.ts';
import { openGeoip } from './risk/geoip.ts';
import { tellSecurityEvents } from './security-events/count-security-events.ts';
import type { Services } from './services.ts';
import { outbox } from './tables/outbox.ts';
import { openTenants } from './tenants.ts';

/** What the use cases work with, built from what the process hands over. */
export function openServices(deps: AuthDeps): Services {
  const tenants = openTenants(deps);
  const policies = openPolicies(deps);
  const outgoing = createOutgoing({ allowPrivate: deps.config.outgoingPrivate });
  const providerClients = openProviderClients({ config: deps.config, outgoing });
  return {
    ...deps,
    passwords: openPasswords(deps.config, deps.metrics),
    tenants,
    policies,
    issuers: openIssuers({ ...deps, tenants, policies, outgoing, providerClients }),
    outgoing,
    providerClients,
    providerKeys: openProviderKeys({ ...deps, outgoing, providerClients }),
    addressBlocks: followAddressBlocks({
      ...deps,
      load: (after) => loadAddressBlocks(deps, after),
      neverBlocked: deps.config.neverBlocked,
    }),
    geoip: openGeoip(deps.config.geoipDatabases, deps.logger),
    listed: openAddressLists(deps.config.addressLists, deps.logger),
    clientFailures: limitClientFailures(deps),
    knownClients: createKnownClients(),
    neverBlocked: exemptRanges(deps.config.neverBlocked),
    wakeMailRequests: () => {},
  };
}

/** The auth subgraph: credentials, sessions, tokens, the OpenID provider and security events. */
export function createAuth(deps: AuthDeps, services: Services = openServices(deps)): Subgraph<Caller> {
  const { schema, enforced } = enforceAuthorization(buildSchema());
  auditAuthMutations(schema, services);
  noteWrites(schema, deps.database.noteWrite);
  // Told before there is any of them.
  tellSecurityEvents(deps.metrics);
  tokenRequests(deps.metrics);
  providerDurations(deps.metrics);
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'auth',
    schema,
    enforced,
    context: (caller) => new RequestContext(caller, services),
    routes: [...oidcRoutes(services), auditRoute(services)],
    outageOf: databaseOutage,
    ready: () => deps.database.check(),
    async start() {
      await proveSecret(deps);
      await services.addressBlocks.start();
      running.push(services.addressBlocks);
      const { database, bus, logger, metrics } = deps;
      const mailRequests = startMailRequests(services);
      services.wakeMailRequests = mailRequests.wake;
      running.push(mailRequests, startCleanUp(services), startKeyRotation(services));
      running.push(startAlerts(services), startCheckpoints(services), startProviderChecks(services));
      const unmeasure = measureProviders(deps);
      running.push(startRelay({ database, outbox, bus, logger, metrics }));
      running.push({ stop: async () => unmeasure() });
      running.push(...(await subscribeAll(services)));
      running.push({ stop: await services.tenants.follow(deps.pubSub) });
      running.push({ stop: await services.policies.follow(deps.pubSub) });
      const idle = setInterval(() => services.issuers.dropIdle(), 60_000).unref();
      running.push({ stop: async () => clearInterval(idle) });
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
      await services.geoip.stop();
      await services.listed.stop();
      await services.passwords.close();
      await services.outgoing.close();
    },
  };
}

function buildSchema() {
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  return buildSubgraphSchema([{ typeDefs, resolvers }]);
}
