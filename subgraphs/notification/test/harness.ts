import { newId, openDatabase, openPostgresKeyValue, openPostgresPubSub } from '@gatehouse/data';
import { type CloudEvent, openPostgresEventBus } from '@gatehouse/events';
import { type Caller, serviceCaller, type UserPrincipal } from '@gatehouse/identity';
import { createMetrics, type Logger } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type Answer, createMigratedDatabase, silentLogger } from '@gatehouse/testkit';
import { execute, parse } from 'graphql';
import type { LoginSubjectQuery } from '../generated/calls.ts';
import {
  createNotification,
  defaultNotificationConfig,
  migrations,
  type NotificationConfig,
} from '../src/index.ts';
import { openTenantBrands, type TenantBrand } from '../src/tenant-brands.ts';

export type Person = NonNullable<LoginSubjectQuery['loginSubject']> & { userId: string };

/** The notification subgraph on a database of its own; the user subgraph is a list of people. */
export async function startNotification(
  given: Partial<NotificationConfig> & { publicUrl?: string; logger?: Logger } = {},
) {
  const { publicUrl = 'http://localhost:4000', logger = silentLogger, ...values } = given;
  const testDatabase = await createMigratedDatabase(migrations);
  const { url } = testDatabase;
  const platform = openDatabase({ url, schema: 'platform', poolSize: 5, applicationName: 'test platform' });
  const database = openDatabase({ url, schema: 'notification', poolSize: 10, applicationName: 'test' });
  const pubSub = openPostgresPubSub({ url, logger });
  const keyValue = openPostgresKeyValue(platform);
  const bus = openPostgresEventBus({ database: platform, pubSub, logger });

  const people: Person[] = [];
  const tenants = new Map<string, Partial<TenantBrand>>();
  const call = (async (_subgraph: string, operation: unknown, given: { userId?: string; id?: string }) =>
    String(operation).includes('TenantBrand')
      ? { tenantById: tenants.get(given.id ?? '') ?? null }
      : {
          loginSubject: people.find((person) => person.userId === given.userId) ?? null,
        }) as unknown as CallSubgraph;

  const config = { ...defaultNotificationConfig, pollMs: 200, ...values };
  const metrics = createMetrics();
  const parts = { database, keyValue, pubSub, bus, call, logger, metrics, publicUrl, config };
  const deps = { ...parts, brands: openTenantBrands(parts) };
  const subgraph = createNotification(parts);
  await subgraph.start();

  const ask = async (caller: Caller, document: string, variableValues: Record<string, unknown> = {}) => {
    const result = await execute({
      schema: subgraph.schema,
      document: parse(document),
      variableValues,
      contextValue: subgraph.context(caller),
    });
    return JSON.parse(JSON.stringify(result)) as Answer;
  };

  return {
    subgraph,
    deps,
    people,
    tenants,
    ask,
    publish: (event: Pick<CloudEvent, 'type' | 'tenantid' | 'subject' | 'data'> & { id?: string }) =>
      bus.publish([
        {
          specversion: '1.0',
          id: newId(),
          source: '/gatehouse/test',
          time: new Date().toISOString(),
          datacontenttype: 'application/json',
          ...event,
        },
      ]),
    async stop() {
      await subgraph.stop();
      await bus.close();
      await keyValue.close();
      await pubSub.close();
      await Promise.all([database.close(), platform.close()]);
      await testDatabase.drop();
    },
  };
}

export type TestNotification = Awaited<ReturnType<typeof startNotification>>;

export const service: Caller = serviceCaller('auth');

export const signedIn = (who: { tenantId: string; userId: string }): Caller => ({
  service: null,
  principal: {
    kind: 'user',
    ...who,
    sessionId: newId(),
    clientId: 'gatehouse',
    roles: [],
    permissions: [],
    amr: ['pwd'],
    authTime: 0,
    secondFactor: false,
  } satisfies UserPrincipal,
  client: { ipAddress: '127.0.0.1', userAgent: null, host: 'localhost' },
  requestId: 'test',
});

export const sendMailDocument = 'mutation ($input: SendMailInput!) { sendMail(input: $input) }';

export const confirmation = (given: Record<string, unknown> = {}) => ({
  idempotencyKey: newId(),
  tenantId: newId(),
  tenantName: 'Acme',
  to: 'ada@example.com',
  locale: 'en',
  template: 'CONFIRM_REGISTRATION',
  parameters: {
    link: 'http://localhost:4000/confirm?code=abc',
    expiresAt: new Date(Date.now() + 7 * 86_400_000).toISOString(),
    firstName: 'Ada',
  },
  ...given,
});

export const sendSmsDocument = 'mutation ($input: SendSmsInput!) { sendSms(input: $input) }';

export const codeSms = (given: Record<string, unknown> = {}) => ({
  idempotencyKey: newId(),
  tenantId: newId(),
  tenantName: 'Acme',
  to: '+4915112345678',
  locale: 'en',
  template: 'SIGN_IN_CODE',
  parameters: {
    code: '123456',
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
    host: 'acme.example',
  },
  ...given,
});

/** Answers as soon as `look` finds something; fails after 5 s. */
export async function eventually<T>(look: () => Promise<T | undefined | null | false>): Promise<T> {
  const end = Date.now() + 5_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
