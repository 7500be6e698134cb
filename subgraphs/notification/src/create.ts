import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { databaseOutage } from '@gatehouse/data';
import { type Subscription, startRelay } from '@gatehouse/events';
import { type Caller, enforceAuthorization, noteWrites } from '@gatehouse/identity';
import { type Route, type Subgraph, scalars } from '@gatehouse/service-kit/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { auditNotificationMutations } from './audited-mutations.ts';
import type { Context } from './context.ts';
import { startDelivering } from './deliver-messages.ts';
import type { NotificationDeps } from './deps.ts';
import { mailboxRoute } from './mailbox/route.ts';
import { startPruning } from './prune.ts';
import { notifiedTypes } from './reactions/messages.ts';
import { notificationGroup, notify } from './reactions/notify.ts';
import { textedTypes, textGroup, textUser } from './reactions/text-user.ts';
import { measureReports } from './reports/measure-reports.ts';
import { mailReportsRoute } from './reports/route.ts';
import { deliveryResolvers } from './resolvers/delivery.ts';
import { notificationResolvers } from './resolvers/notification.ts';
import { serviceResolvers } from './resolvers/service.ts';
import { suppressionResolvers } from './resolvers/suppression.ts';
import { carriesSms } from './send-sms.ts';
import { smsStatusRoute, smsStatusUrl } from './sms/status-route.ts';
import { outbox } from './tables/outbox.ts';
import { openTenantBrands, type TenantBrands } from './tenant-brands.ts';
import { createMailboxTransport } from './transports/mailbox.ts';
import { createSmtpTransport } from './transports/smtp.ts';
import type { Transport } from './transports/transport.ts';
import { createTwilioTransport } from './transports/twilio.ts';

/** The notification subgraph: mails, SMS, and messages inside the application. */
export function createNotification(deps: NotificationDeps): Subgraph<Caller> {
  const { database, bus, config, logger, metrics } = deps;
  const brands = openTenantBrands(deps);
  const { schema, enforced } = enforceAuthorization(buildSchema({ ...deps, brands }));
  auditNotificationMutations(schema, deps);
  noteWrites(schema, database.noteWrite);
  if (config.mailReportsSecret) measureReports(metrics);
  const transports = { email: mailTransport(deps), sms: smsTransport(deps) };
  const running: { stop(): Promise<void> }[] = [];

  return {
    name: 'notification',
    schema,
    enforced,
    context: (caller): Context => ({ caller, database }),
    routes: routesOf(deps),
    outageOf: databaseOutage,
    ready: () => database.check(),
    async start() {
      // Now rather than in the first request that shows a signature.
      if (config.twilio) await import('twilio');
      for (const channel of ['email', 'sms'] as const) {
        const transport = transports[channel];
        // One message for each connection: none waits in the pool with its time running.
        const concurrency = channel === 'email' ? config.smtpConnections : config.concurrency;
        const settings = { ...config, concurrency };
        if (transport)
          running.push(startDelivering({ database, channel, transport, logger, metrics, config: settings }));
      }
      if (!transports.email) logger.warn('no SMTP_URL: mails are kept and wait until there is one');
      running.push(startRelay({ database, outbox, bus, logger, metrics }));
      running.push(startPruning(deps));
      const subscription: Subscription = await bus.subscribe({
        group: notificationGroup,
        types: notifiedTypes,
        handler: (event) => notify({ ...deps, brands }, event),
      });
      running.push(subscription);
      running.push(
        await bus.subscribe({
          group: textGroup,
          types: textedTypes,
          handler: (event) => textUser(deps, event),
        }),
      );
      running.push({ stop: await brands.follow(deps.pubSub) });
    },
    async stop() {
      await Promise.all(running.splice(0).map((part) => part.stop()));
      await Promise.all(Object.values(transports).map((transport) => transport?.close()));
    },
  };
}

function buildSchema(deps: NotificationDeps & { brands: TenantBrands }): GraphQLSchema {
  const typeDefs = parse(readFileSync(new URL('../generated/schema.graphql', import.meta.url), 'utf8'));
  const own = notificationResolvers(deps);
  const service = serviceResolvers(deps);
  const resolvers = {
    ...scalars,
    ...own,
    ...deliveryResolvers,
    ...suppressionResolvers,
    Query: { ...deliveryResolvers.Query, ...suppressionResolvers.Query },
    Mutation: { ...own.Mutation, ...suppressionResolvers.Mutation, ...service.Mutation },
  };
  return buildSubgraphSchema([{ typeDefs, resolvers }]);
}

type Parts = Pick<NotificationDeps, 'database' | 'config' | 'publicUrl'>;

function mailTransport({ database, config }: Parts): Transport | null {
  const { smtpUrl: url, mailFrom: from, smtpConnections: connections, developmentMailbox } = config;
  const { smtpTimeoutMs: timeoutMs, mailReturnPath: returnPath, dkim } = config;
  if (url) return createSmtpTransport({ url, from, returnPath, connections, timeoutMs, dkim });
  return developmentMailbox ? createMailboxTransport(database, from) : null;
}

function smsTransport({ database, config, publicUrl }: Parts): Transport | null {
  if (config.twilio) return createTwilioTransport({ ...config.twilio, statusUrl: smsStatusUrl(publicUrl) });
  return carriesSms(config) ? createMailboxTransport(database, config.mailFrom) : null;
}

function routesOf({ database, config, publicUrl, logger, metrics }: NotificationDeps): Route[] {
  const { twilio, developmentMailbox, smtpUrl, mailReportsSecret: secret } = config;
  return [
    ...(developmentMailbox && !smtpUrl ? [mailboxRoute(database)] : []),
    ...(twilio ? [smsStatusRoute({ database, authToken: twilio.authToken, publicUrl })] : []),
    ...(secret ? [mailReportsRoute({ database, logger, metrics, secret })] : []),
  ];
}
