import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { Subscription } from '@gatehouse/events';
import { type Caller, enforceAuthorization } from '@gatehouse/identity';
import { type Subgraph, scalars } from '@gatehouse/service-kit/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import type { NotificationConfig } from './config.ts';
import type { Context } from './context.ts';
import { startDelivering } from './deliver-mails.ts';
import type { NotificationDeps } from './deps.ts';
import { mailboxRoute } from './mailbox/route.ts';
import { startPruning } from './prune.ts';
import { notifiedTypes } from './reactions/messages.ts';
import { notificationGroup, notify } from './reactions/notify.ts';
import { notificationResolvers } from './resolvers/notification.ts';
import { serviceResolvers } from './resolvers/service.ts';
import { openTenantBrands, type TenantBrands } from './tenant-brands.ts';
import { createMailboxTransport } from './transports/mailbox.ts';
import { createSmtpTransport } from './transports/smtp.ts';
import type { MailTransport } from './transports/transport.ts';

/** The notification subgraph: mails, and messages inside the application. */
export function createNotification(deps: NotificationDeps): Subgraph<Caller> {
  const { database, bus, config, logger } = deps;
  const brands = openTenantBrands(deps);
  const { schema, enforced } = enforceAuthorization(buildSchema({ ...deps, brands }));
  const transport = transportOf(deps);
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'notification',
    schema,
    enforced,
    context: (caller): Context => ({ caller }),
    routes: config.developmentMailbox && !config.smtpUrl ? [mailboxRoute(database)] : [],
    ready: () => database.check(),
    async start() {
      if (transport) running.push(startDelivering({ database, transport, logger, config }));
      else logger.warn('no SMTP_URL: mails are kept and wait until there is one');
      running.push(startPruning(deps));
      const subscription: Subscription = await bus.subscribe({
        group: notificationGroup,
        types: notifiedTypes,
        handler: (event) => notify({ ...deps, brands }, event),
      });
      running.push(subscription);
      running.push({ stop: await brands.follow(deps.pubSub) });
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
      await transport?.close();
    },
  };
}

function buildSchema(deps: NotificationDeps & { brands: TenantBrands }): GraphQLSchema {
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  const own = notificationResolvers(deps);
  const service = serviceResolvers(deps);
  const resolvers = { ...scalars, ...own, Mutation: { ...own.Mutation, ...service.Mutation } };
  return buildSubgraphSchema([{ typeDefs, resolvers }]);
}

function transportOf(deps: {
  database: NotificationDeps['database'];
  config: NotificationConfig;
}): MailTransport | null {
  const { smtpUrl, mailFrom, concurrency, developmentMailbox } = deps.config;
  if (smtpUrl) return createSmtpTransport({ url: smtpUrl, from: mailFrom, connections: concurrency });
  return developmentMailbox ? createMailboxTransport(deps.database, mailFrom) : null;
}
