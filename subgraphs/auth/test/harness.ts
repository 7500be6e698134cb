import { createServer, type Server } from 'node:http';
import { openDatabase, openPostgresKeyValue, openPostgresPubSub } from '@gatehouse/data';
import { openPostgresEventBus } from '@gatehouse/events';
import {
  type Caller,
  type Principal,
  type Revocation,
  revocationChannel,
  serviceCaller,
} from '@gatehouse/identity';
import { closeServer, createMetrics, listen } from '@gatehouse/service-kit';
import { type Answer, createMigratedDatabase, silentLogger } from '@gatehouse/testkit';
import { asc, eq } from 'drizzle-orm';
import { type ExecutionResult, execute, parse, subscribe, validate } from 'graphql';
import { decodeJwt } from 'jose';
import { openServices } from '../src/create.ts';
import { type AuthConfig, createAuth, defaultAuthConfig, migrations } from '../src/index.ts';
import { setPassword } from '../src/queries/credentials.ts';
import { securityEvent } from '../src/tables/security-event.ts';
import { createNeighbours, type Subject } from './user-subgraph.ts';

export const password = 'correct horse battery';
const secret = 'a secret for tests, long enough for AUTH_SECRET';

const tokenFields = 'accessToken idToken refreshToken tokenType expiresIn sessionId';
export type Tokens = { accessToken: string; idToken: string; refreshToken: string; sessionId: string };

/** The auth subgraph on a database of its own, its routes on a port; its neighbours are in memory. */
export async function startAuth(given: Partial<AuthConfig> & { started?: boolean } = {}) {
  const { started = true, ...values } = given;
  const testDatabase = await createMigratedDatabase(migrations);
  const { url } = testDatabase;
  const platform = openDatabase({ url, schema: 'platform', poolSize: 5, applicationName: 'test platform' });
  const database = openDatabase({ url, schema: 'auth', poolSize: 10, applicationName: 'test' });
  const pubSub = openPostgresPubSub({ url, logger: silentLogger });
  const keyValue = openPostgresKeyValue(platform);
  const bus = openPostgresEventBus({ database: platform, pubSub, logger: silentLogger });
  const neighbours = createNeighbours();
  const { call } = neighbours;
  const publicUrl = 'http://localhost:4000';
  const config: AuthConfig = { ...defaultAuthConfig(secret), bcryptCost: 4, passwordThreads: 2, ...values };
  const metrics = createMetrics();
  const deps = { database, keyValue, pubSub, bus, call, logger: silentLogger, metrics, publicUrl, config };
  const services = openServices(deps);

  const compared: (string | undefined)[] = [];
  const { compare } = services.passwords;
  services.passwords.compare = (text, hash) => {
    compared.push(hash);
    return compare(text, hash);
  };

  const subgraph = createAuth(deps, services);
  if (started) await subgraph.start();
  const server = serveRoutes(subgraph);
  const port = await listen(server, { port: 0, host: '127.0.0.1' });

  const revocations: Revocation[] = [];
  await pubSub.subscribe<Revocation>(revocationChannel, (message) => revocations.push(message));

  const parsed = (document: string) => {
    const node = parse(document);
    const [problem] = validate(subgraph.schema, node);
    if (problem) throw problem;
    return node;
  };

  const ask = async (
    caller: Caller,
    document: string,
    variableValues: Record<string, unknown> = {},
  ): Promise<Answer> => {
    const contextValue = subgraph.context(caller);
    const result = await execute({
      schema: subgraph.schema,
      document: parsed(document),
      variableValues,
      contextValue,
    });
    for (const { originalError } of result.errors ?? []) {
      if (originalError && !('extensions' in originalError)) throw originalError;
    }
    return JSON.parse(JSON.stringify(result)) as Answer;
  };

  const refusal = async (caller: Caller, document: string, variables: Record<string, unknown> = {}) =>
    (await ask(caller, document, variables)).errors?.[0]?.extensions.code ?? null;

  return {
    ...neighbours,
    deps,
    services,
    subgraph,
    compared,
    revocations,
    ask,
    refusal,
    base: `http://127.0.0.1:${port}`,
    /** A person with a password. */
    async account(name: string, values: Partial<Subject> = {}): Promise<Subject> {
      const subject = neighbours.person(name, values);
      const passwordHash = await services.passwords.hash(password);
      const { userId, tenantId } = subject;
      await database.transaction((tx) => setPassword(tx, { userId, tenantId, passwordHash }));
      return subject;
    },
    async login(identifier: string, caller = anonymous(), text = password): Promise<Tokens> {
      const { data, errors } = await ask(
        caller,
        `mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { ${tokenFields} } } }`,
        { input: { identifier, password: text } },
      );
      if (errors) throw new Error(JSON.stringify(errors));
      return data.login as Tokens;
    },
    refresh: (refreshToken: string, caller = anonymous()): Promise<Answer> =>
      ask(
        caller,
        `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { ${tokenFields} } }`,
        { input: { refreshToken } },
      ),
    /** What the gateway learns about an access token. */
    async principal(accessToken: string): Promise<Principal | null> {
      const claims = decodeJwt(accessToken) as Record<string, string>;
      const { data } = await ask(
        serviceCaller('gateway'),
        `query ($input: TokenPrincipalInput!) { tokenPrincipal(input: $input)
           { tenantId clientId userId sessionId roles permissions amr authTime secondFactor } }`,
        {
          input: {
            issuer: claims.iss,
            jti: claims.jti,
            subject: claims.sub,
            clientId: claims.client_id,
            sessionId: claims.sid,
          },
        },
      );
      const found = data.tokenPrincipal;
      return found && { ...found, kind: found.userId ? 'user' : 'client' };
    },
    async subscribe(caller: Caller, document: string, variableValues: Record<string, unknown> = {}) {
      const contextValue = subgraph.context(caller);
      const stream = await subscribe({
        schema: subgraph.schema,
        document: parsed(document),
        variableValues,
        contextValue,
      });
      return stream as AsyncGenerator<ExecutionResult> | ExecutionResult;
    },
    /** Security events about somebody, oldest first. */
    async securityEvents(userId?: string): Promise<string[]> {
      const rows = await database.db
        .select()
        .from(securityEvent)
        .where(userId ? eq(securityEvent.userId, userId) : undefined)
        .orderBy(asc(securityEvent.position));
      return rows.map(({ type }) => type);
    },
    async stop() {
      await closeServer(server, 100);
      await subgraph.stop();
      await bus.close();
      await keyValue.close();
      await pubSub.close();
      await Promise.all([database.close(), platform.close()]);
      await testDatabase.drop();
    },
  };
}

export type TestAuth = Awaited<ReturnType<typeof startAuth>>;

/** As the gateway's proxy would: the host is the one asked for, the address a fixed one. */
function serveRoutes(subgraph: ReturnType<typeof createAuth>): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = subgraph.routes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
    if (!route) return void response.writeHead(404).end();
    void route.handle(request, response, {
      ipAddress: String(request.headers['x-test-address'] ?? '192.0.2.1'),
      userAgent: 'test',
      host: String(request.headers['x-test-host'] ?? 'localhost:4000'),
    });
  });
}

/** Somebody unknown who came to this host. */
export const anonymous = (host = 'localhost:4000', ipAddress = '192.0.2.1'): Caller => ({
  service: null,
  principal: null,
  client: { ipAddress, userAgent: 'test', host },
  requestId: 'test',
});

export const as = (principal: Principal | null): Caller => ({ ...anonymous(), principal });

export const until = async <T>(
  what: () => T | undefined | false | null | Promise<T | undefined | false | null>,
): Promise<T> => {
  const end = Date.now() + 10_000;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
