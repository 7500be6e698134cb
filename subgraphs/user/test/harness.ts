import { newId, openDatabase, openPostgresKeyValue, openPostgresPubSub } from '@gatehouse/data';
import { openPostgresEventBus } from '@gatehouse/events';
import { type Caller, type Revocation, revocationChannel, serviceCaller } from '@gatehouse/identity';
import { createMetrics } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type Answer, createMigratedDatabase, silentLogger } from '@gatehouse/testkit';
import { asc, eq, ne } from 'drizzle-orm';
import { execute, parse, validate } from 'graphql';
import { createUser, defaultUserConfig, ensureTenant, migrations, type UserConfig } from '../src/index.ts';
import { giveRoleByName } from '../src/queries/roles.ts';
import { insertUser } from '../src/queries/users.ts';
import { outbox, type TenantRow, type UserRow, type UserStatus } from '../src/tables/index.ts';

/** A document that is somebody else's. */
export const foreignDocument = '01890000-0000-7000-8000-00000000f00d';

type Call = { operation: string; variables: Record<string, unknown> };

/** The user subgraph with two tenants on a database of its own; auth and storage are a list of what was asked of them. */
export async function startUser(given: Partial<UserConfig> = {}) {
  const testDatabase = await createMigratedDatabase(migrations);
  const logger = silentLogger;
  const { url } = testDatabase;
  const platform = openDatabase({ url, schema: 'platform', poolSize: 5, applicationName: 'test platform' });
  const database = openDatabase({ url, schema: 'user', poolSize: 10, applicationName: 'test' });
  const pubSub = openPostgresPubSub({ url, logger });
  const keyValue = openPostgresKeyValue(platform);
  const bus = openPostgresEventBus({ database: platform, pubSub, logger });

  const calls: Call[] = [];
  const failing = new Map<string, Error>();
  const call = (async (_subgraph: string, document: unknown, variables: Record<string, unknown>) => {
    const operation = /(?:query|mutation) (\w+)/.exec(String(document))?.[1] ?? '';
    calls.push({ operation, variables });
    const failure = failing.get(operation);
    if (failure) throw failure;
    return {
      preparePassword: `credential-${calls.length}`,
      openRegistration:
        (variables.input as { password?: string | null } | undefined)?.password == null
          ? null
          : `credential-${calls.length}`,
      hasPassword: true,
      reserveDocuments: true,
      releaseDocuments: true,
      holdsDocuments: !(variables.documentIds as string[] | undefined)?.includes(foreignDocument),
    };
  }) as unknown as CallSubgraph;

  const config = { ...defaultUserConfig, ...given };
  const metrics = createMetrics();
  const publicUrl = 'http://localhost:4000';
  const deps = { database, keyValue, pubSub, bus, call, logger, metrics, publicUrl, config };
  const subgraph = createUser(deps);
  const define = (slug: string, host: string) =>
    ensureTenant(deps, { slug, name: slug, hosts: [host], publicUrl: `http://${host}:4000` });
  const tenant = await define('default', 'localhost');
  const otherTenant = await define('clinicwave', 'clinicwave.com');

  const revocations: Revocation[] = [];
  await pubSub.subscribe<Revocation>(revocationChannel, (message) => revocations.push(message));

  const ask = async (
    caller: Caller,
    document: string,
    variableValues: Record<string, unknown> = {},
  ): Promise<Answer> => {
    const parsed = parse(document);
    const [problem] = validate(subgraph.schema, parsed);
    if (problem) throw problem;
    const contextValue = subgraph.context(caller);
    const result = await execute({ schema: subgraph.schema, document: parsed, variableValues, contextValue });
    for (const { originalError } of result.errors ?? []) {
      if (originalError && !('code' in originalError && 'extensions' in originalError)) throw originalError;
    }
    return JSON.parse(JSON.stringify(result)) as Answer;
  };

  /** A person of a tenant, made without the API. */
  const person = async (
    name: string,
    options: { roles?: string[]; status?: UserStatus; tenant?: TenantRow } = {},
  ): Promise<UserRow> => {
    const { id: tenantId } = options.tenant ?? tenant;
    const status = options.status ?? 'ACTIVE';
    return await database.transaction(async (tx) => {
      const user = await insertUser(tx, {
        id: newId(),
        tenantId,
        email: `${name}@example.com`,
        emailKey: `${name.toLowerCase()}@example.com`,
        status,
        activatedAt: status === 'PENDING' ? null : new Date(),
        deletedAt: status === 'DELETED' ? new Date() : null,
      });
      for (const role of options.roles ?? ['user']) await giveRoleByName(tx, user, role);
      return user;
    });
  };

  /** This person signed in, with what their roles give now. */
  const signedIn = async ({ id }: { id: string }): Promise<Caller> => {
    const { data } = await ask(
      serviceCaller('auth'),
      'query ($id: ID!) { loginSubject(userId: $id) { userId tenantId roles permissions } }',
      { id },
    );
    return {
      ...anonymous(),
      principal: {
        kind: 'user',
        ...data.loginSubject,
        sessionId: newId(),
        clientId: 'gatehouse',
        amr: ['pwd'],
        authTime: 0,
        secondFactor: false,
      },
    };
  };

  return {
    subgraph,
    deps,
    calls,
    failing,
    tenant,
    otherTenant,
    revocations,
    ask,
    person,
    signedIn,
    /** What waits in the outbox, oldest first: all of it, for the relay is not started; but not what the audit log is told. */
    events: () =>
      database.db
        .select()
        .from(outbox)
        .where(ne(outbox.type, 'audit.recorded'))
        .orderBy(asc(outbox.position)),
    /** What the audit log is told, oldest first. */
    audited: () =>
      database.db
        .select()
        .from(outbox)
        .where(eq(outbox.type, 'audit.recorded'))
        .orderBy(asc(outbox.position)),
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

export type TestUser = Awaited<ReturnType<typeof startUser>>;

/** Somebody unknown who came to this host. */
export const anonymous = (host = 'localhost:4000'): Caller => ({
  service: null,
  principal: null,
  client: { ipAddress: '127.0.0.1', userAgent: null, host },
  requestId: 'test',
});

export const auth: Caller = serviceCaller('auth');

export const codesOf = (answer: Answer): string[] =>
  (answer.errors ?? []).map(({ extensions }) => extensions.code);

export const fieldsOf = (answer: Answer): string[] =>
  (answer.errors ?? []).flatMap(({ extensions }) => extensions.fields?.map(({ path }) => path) ?? []);
