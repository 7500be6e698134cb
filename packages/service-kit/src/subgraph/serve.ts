import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BaseContext } from '@apollo/server';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { ExecutionPatchResult } from 'graphql-sse';
import { createHandler } from 'graphql-sse/lib/use/http';
import type { Logger } from 'pino';
import { doorPath } from '../door/protocol.ts';
import { createDoor } from '../door/serve-door.ts';
import { type ErrorCode, GatehouseError } from '../errors.ts';
import { closeServer, listen } from '../listen.ts';
import { continueOnRead } from './continue-on-read.ts';
import { discardLeftoverBody } from './discard-leftover-body.ts';
import { createFetches } from './fetches.ts';
import { type Masking, maskError } from './mask.ts';
import { readBody } from './read-body.ts';
import { type ClientInfo, passportHeader, type Route, type Subgraph } from './subgraph.ts';

export type Served = { port: number; stop(): Promise<void> };

type Options<Caller> = {
  subgraph: Subgraph<Caller>;
  port: number;
  host: string;
  logger: Logger;
  /** Who calls, proved by the passport; `UNAUTHENTICATED` without one. */
  verify(passport: string | undefined, traceparent: string | undefined): Caller | Promise<Caller>;
  /** Whether it is the gateway that calls, in its own name. */
  isGateway(caller: Caller): boolean;
  clientOf(caller: Caller): ClientInfo;
};

const maxBodyBytes = 1_048_576;

/**
 * Serves a subgraph as a process of its own: `/graphql`, `/graphql/stream` (subscriptions over SSE), `/enforced`, the door
 * for the gateway's fetches, its routes, `/healthz` and `/readyz`. Everything but health asks for a passport.
 */
export async function serveSubgraph<Caller>(options: Options<Caller>): Promise<Served> {
  const { subgraph, logger } = options;
  const masking = { logger, outageOf: subgraph.outageOf };
  const contexts = new WeakMap<IncomingMessage, Record<string, unknown>>();

  // Not for processes that mount the subgraph in themselves: it is large.
  const { ApolloServer, HeaderMap } = await import('@apollo/server');
  const apollo = new ApolloServer<BaseContext>({
    schema: subgraph.schema,
    introspection: true,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: logger.child({ part: 'apollo' }, { level: 'warn' }),
    formatError: (formatted, error) => maskError(formatted, error, masking),
  });
  const stream = createHandler({
    schema: subgraph.schema,
    context: (request) => contexts.get(request.raw),
    onNext: (_, __, result) => maskResult(result, masking),
  });

  const callerOf = ({ headers }: IncomingMessage) =>
    options.verify(single(headers[passportHeader]), single(headers.traceparent));

  const door = createDoor({
    fetches: createFetches(subgraph, { logger }),
    logger,
    verify: options.verify,
    async admit(request) {
      if (options.isGateway(await callerOf(request))) return;
      throw new GatehouseError('FORBIDDEN', 'Only a gateway may use the door.');
    },
  });

  const answerGraphql = async (request: IncomingMessage, response: ServerResponse, caller: Caller) => {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) if (value) headers.set(name, String(value));
    const result = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers,
        search: '',
        body: JSON.parse((await readBody(request, maxBodyBytes)) || 'null'),
      },
      context: async () => subgraph.context(caller),
    });
    for (const [name, value] of result.headers) response.setHeader(name, value);
    response.statusCode = result.status ?? 200;
    if (result.body.kind !== 'complete') throw new Error('incremental delivery is not served');
    response.end(result.body.string);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (path === '/readyz') {
      await subgraph.ready();
      const degraded = subgraph.degraded?.() ?? [];
      return sendJson(response, 200, { status: 'ready', ...(degraded.length > 0 ? { degraded } : {}) });
    }
    const caller = await callerOf(request);
    if (path === '/graphql') return await answerGraphql(request, response, caller);
    if (path === '/graphql/stream') {
      contexts.set(request, subgraph.context(caller) as Record<string, unknown>);
      return await stream(request, response);
    }
    if (path === '/enforced') return sendJson(response, 200, { enforced: subgraph.enforced });
    const route = subgraph.routes.find((candidate) => isBelow(path, candidate));
    if (!route) return sendJson(response, 404, { error: 'not found' });
    await route.handle(request, response, options.clientOf(caller));
  };

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    discardLeftoverBody(request, response);
    answer(request, response).catch((error: unknown) => refuse(response, error, masking));
  };
  const server = createServer(listener);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    continueOnRead(request, response);
    listener(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url === doorPath) void door.open(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 65_000;

  apollo.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
  await subgraph.start();
  const port = await listen(server, options);
  return {
    port,
    async stop() {
      await door.close(1_500);
      await closeServer(server, 2_000);
      await apollo.stop();
      await subgraph.stop();
    },
  };
}

export const isBelow = (path: string, route: Pick<Route, 'prefix'>): boolean =>
  path === route.prefix || path.startsWith(`${route.prefix}/`);

/** An event as it may leave: its errors masked. */
function maskResult<R extends ExecutionResult | ExecutionPatchResult>(result: R, masking: Masking): R {
  const errors = result.errors?.map((error) => {
    const { message, extensions } = maskError(error.toJSON(), error, masking);
    return new GraphQLError(message, { path: error.path, extensions });
  });
  return errors ? { ...result, errors } : result;
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

const statusOf: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  SUBGRAPH_UNAVAILABLE: 503,
  OVERLOADED: 503,
};

function refuse(response: ServerResponse, error: unknown, { logger, outageOf }: Masking): void {
  const coded = error instanceof GatehouseError ? error : outageOf?.(error);
  if (!coded && !(error instanceof SyntaxError)) logger.error({ err: error }, 'request failed');
  if (response.headersSent) return void response.destroy();
  const status = coded ? (statusOf[coded.code] ?? 400) : error instanceof SyntaxError ? 400 : 503;
  const code = coded?.code ?? (status === 400 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
  sendJson(response, status, {
    errors: [
      { message: coded?.message ?? 'The request failed.', extensions: { ...coded?.extensions, code } },
    ],
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
