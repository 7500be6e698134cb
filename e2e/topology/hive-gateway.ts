// The public port of a fleet with another Federation gateway in place of ours: Hive Gateway answers /graphql from the committed
// supergraph.graphql; every other path goes to the fleet's own gateway.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createTenants, createTokens } from '@gatehouse/gateway/tokens';
import { type Caller, createPassportIssuer } from '@gatehouse/identity';
import {
  databaseEnvironment,
  openPorts,
  passportEnvironment,
  readPassportKeys,
  subgraphUrl,
  subgraphUrls,
} from '@gatehouse/process';
import {
  closeServer,
  createLogger,
  env,
  GatehouseError,
  listen,
  readEnvironment,
  runProcess,
} from '@gatehouse/service-kit';
import {
  callOverHttp,
  passportHeader,
  type SubgraphName,
  subgraphNames,
} from '@gatehouse/service-kit/subgraph';
import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

const schema = z.object({
  ...databaseEnvironment,
  ...passportEnvironment,
  ...subgraphUrls,
  PORT: env.port(4000),
  /** Of the fleet's own gateway. */
  GATEWAY_URL: env.url('http'),
});

type Context = { caller: Caller };
type Given = { req?: IncomingMessage; connectionParams?: Record<string, unknown> };

type Fetching = {
  url: string;
  options: { headers?: Record<string, string> };
  setOptions(options: object): void;
  context?: Partial<Context>;
  executionRequest?: { context?: Partial<Context> };
};
type Hive = ((request: IncomingMessage, response: ServerResponse) => unknown) & {
  getEnveloped(given: Given & { params: unknown }): {
    schema: GraphQLSchema;
    execute: unknown;
    subscribe: unknown;
    contextFactory(): Promise<unknown>;
    parse(query: string): DocumentNode;
    validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
  };
};

// Under a name that the type checker does not follow: its declarations change those of fetch and of graphql for every file.
const hiveModule: string = '@graphql-hive/gateway-runtime';
const { createGatewayRuntime } = (await import(hiveModule)) as { createGatewayRuntime(config: object): Hive };

await runProcess(async () => {
  const values = readEnvironment(schema, process.env);
  const logger = createLogger({ name: 'hive', level: 'info' });
  const keys = await readPassportKeys({
    keyFile: values.PASSPORT_KEY_FILE,
    jwksFile: values.PASSPORT_JWKS_FILE,
  });
  const passports = await createPassportIssuer('gateway', keys.key);
  const call = callOverHttp({
    urlOf: (name) => subgraphUrl(values, name),
    passportFor: passports.forService,
  });
  const ports = await openPorts({ databaseUrl: values.DATABASE_URL, poolSize: 2, logger });
  const tenants = createTenants(call);
  const tokens = createTokens({
    keyValue: ports.keyValue,
    pubSub: ports.pubSub,
    call,
    tenants,
    logger,
    protocol: 'http',
  });
  await tokens.start();

  /** Who calls, by the check of our own gateway. */
  const callerOf = async ({ req, connectionParams }: Given): Promise<Caller> => {
    const client = {
      ipAddress: req?.socket.remoteAddress ?? '',
      userAgent: req?.headers['user-agent'] ?? null,
      host: req?.headers.host ?? '',
    };
    await tenants.requireOpen(client.host);
    const given = connectionParams?.authorization ?? req?.headers.authorization;
    const authorization = given ? [String(given)] : [];
    const identity = authorization.length > 0 ? await tokens.authenticate(authorization, client, null) : null;
    return { service: null, principal: identity?.principal ?? null, client, requestId: crypto.randomUUID() };
  };

  const nameOf = (url: string): SubgraphName | undefined =>
    subgraphNames.find((name) => new URL(subgraphUrl(values, name) ?? '').origin === new URL(url).origin);

  const hive = createGatewayRuntime({
    supergraph: supergraphAt((name) => subgraphUrl(values, name) ?? ''),
    logging: false,
    maskedErrors: false,
    landingPage: false,
    graphiql: false,
    transportEntries: {
      '*.http': {
        options: {
          subscriptions: { kind: 'http', location: '/graphql/stream' },
          // It would join equal fetches of different callers: the passport, which tells them apart, is set after that.
          deduplicateInflightRequests: false,
        },
      },
    },
    plugins: () => [
      {
        async onContextBuilding({
          context,
          extendContext,
        }: {
          context: Given;
          extendContext(own: Context): void;
        }) {
          try {
            extendContext({ caller: await callerOf(context) });
          } catch (error) {
            if (!(error instanceof GatehouseError)) throw error;
            throw new GraphQLError(error.message, { extensions: { code: error.code } });
          }
        },
        async onFetch({ url, options, setOptions, context, executionRequest }: Fetching) {
          const { caller } = executionRequest?.context ?? context ?? {};
          const name = nameOf(url);
          if (!caller || !name) return;
          const headers = {
            ...options.headers,
            [passportHeader]: await passports.forCaller(name, caller),
            'x-request-id': caller.requestId,
          };
          setOptions({ ...options, headers });
        },
      },
    ],
  });

  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] === '/graphql') return void hive(request, response);
    passOn(request, response, values.GATEWAY_URL);
  });
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  useServer(
    {
      execute: (args) => (args as unknown as Enveloped).rootValue.execute(args),
      subscribe: (args) => (args as unknown as Enveloped).rootValue.subscribe(args),
      async onSubscribe({ connectionParams, extra }, _id, params) {
        const { schema, execute, subscribe, contextFactory, parse, validate } = hive.getEnveloped({
          connectionParams,
          req: extra.request,
          params,
        });
        const document = parse(params.query);
        const errors = validate(schema, document);
        if (errors.length > 0) return errors as GraphQLError[];
        try {
          return {
            schema,
            document,
            operationName: params.operationName,
            variableValues: params.variables,
            contextValue: await contextFactory(),
            rootValue: { execute, subscribe },
          };
        } catch (error) {
          return [error as GraphQLError];
        }
      },
    },
    sockets,
  );
  await listen(server, { port: values.PORT, host: '127.0.0.1' });
  return {
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      await closeServer(server, 500);
      await tokens.stop();
      await call.close();
      await ports.close();
    },
  };
});

type Enveloped = { rootValue: { execute(args: unknown): never; subscribe(args: unknown): never } };

/** The committed supergraph; its subgraphs are where this fleet has them. */
function supergraphAt(urlOf: (name: SubgraphName) => string): string {
  const sdl = readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8');
  return sdl.replace(
    /@join__graph\(name: "(\w+)", url: "[^"]*"\)/g,
    (_, name: SubgraphName) => `@join__graph(name: "${name}", url: "${urlOf(name)}")`,
  );
}

function passOn(request: IncomingMessage, response: ServerResponse, target: string): void {
  const onwards = send(new URL(request.url ?? '/', target), {
    method: request.method,
    headers: request.headers,
  });
  onwards.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onwards.on('error', () => response.destroy());
  response.on('close', () => onwards.destroy());
  request.pipe(onwards);
}
