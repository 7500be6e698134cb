import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatehouseError, type Logger, type Metrics } from '@gatehouse/service-kit';
import { type ClientInfo, continueOnRead, discardLeftoverBody } from '@gatehouse/service-kit/subgraph';
import type { GraphQLFormattedError } from 'graphql';
import type { BlockedAddresses } from '../addresses/refuse-blocked.ts';
import { addressList, type GatewayConfig } from '../config.ts';
import { measureRoutes } from '../metrics/measure-routes.ts';
import type { WebSocketEndpoint } from '../streams/web-socket.ts';
import type { Tenants } from '../tokens/tenants.ts';
import { sendJson, setSecurityHeaders } from './answer.ts';
import { clientInfoOf } from './client-info.ts';
import type { Cors } from './cross-site.ts';
import type { GraphqlEndpoint } from './graphql-endpoint.ts';
import type { createHealth } from './health.ts';
import { endIdleConnections } from './idle-connections.ts';
import { describeRefusal } from './refusals.ts';
import type { createRoutes } from './routes.ts';
import { readTarget } from './target.ts';

type Parts = {
  config: GatewayConfig;
  addresses: BlockedAddresses;
  graphql: GraphqlEndpoint;
  webSockets: WebSocketEndpoint;
  routes: ReturnType<typeof createRoutes>;
  pages(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean>;
  health: ReturnType<typeof createHealth>;
  cors: Cors;
  tenants: Tenants;
  metrics: Metrics;
  logger: Logger;
};

const isForbidden = (code: string) => code === 'TENANT_SUSPENDED' || code === 'ADDRESS_BLOCKED';

/** How long a connection is kept for its next request. */
const idleMs = 65_000;

/** The only public door: every request and upgrade comes in here. */
export function createEdge(parts: Parts): Server {
  const { config, addresses, health, logger } = parts;
  const trusted = addressList(config.trustedProxies);
  const isTls = config.publicUrl.startsWith('https:');
  const measure = measureRoutes(parts.metrics);

  const answer = (request: IncomingMessage, response: ServerResponse): Promise<void> | undefined => {
    const client = clientInfoOf(request, trusted);
    // It sets its headers itself.
    if (request.url === '/graphql') return void parts.graphql(request, response, { search: '', client });
    const { path, search } = readTarget(request.url ?? '/');
    if (path === '/graphql') return void parts.graphql(request, response, { search, client });
    return answerOthers(request, response, { path, client });
  };

  const answerOthers = async (
    request: IncomingMessage,
    response: ServerResponse,
    { path, client }: { path: string; client: ClientInfo },
  ): Promise<void> => {
    discardLeftoverBody(request, response);
    setSecurityHeaders(response, isTls);
    if (path === '/healthz') return health.live(response);
    if (path === '/readyz') return await health.ready(response);
    measure(path, response);
    await addresses.refuse(client);
    await parts.tenants.requireOpen(client.host);
    if (await parts.routes(request, response, { path, client })) return;
    if (await parts.pages(request, response, path)) return;
    sendJson(response, 404, { error: 'not found' });
  };

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const refuse = (error: unknown) => {
      if (response.headersSent) return response.destroy();
      discardLeftoverBody(request, response);
      setSecurityHeaders(response, isTls);
      const refusal = describeRefusal(error, { requestId: '', logger });
      const { status, errors, retryAfter = status === 503 ? retryAfterSeconds : undefined } = refusal;
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      sendJson(response, status === 200 ? 400 : status, { ...oauthError(errors), errors });
    };
    isBusy(response);
    try {
      answer(request, response)?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      const { path } = readTarget(request.url ?? '/');
      const client = clientInfoOf(request, trusted);
      if (path !== '/graphql') return refuseUpgrade(socket, '404 Not Found');
      if (!parts.cors.admits(request.headers.origin, client.host))
        return refuseUpgrade(socket, '403 Forbidden');
      await addresses.refuse(client);
      await parts.tenants.requireOpen(client.host);
      parts.webSockets.upgrade(request, socket, head, client);
    } catch (error) {
      if (error instanceof GatehouseError && isForbidden(error.code))
        return refuseUpgrade(socket, '403 Forbidden');
      if (!(error instanceof GatehouseError)) logger.error({ err: error }, 'upgrade failed');
      refuseUpgrade(socket, '400 Bad Request');
    }
  };

  const server = createServer({ maxHeaderSize: 32_768, headersTimeout: 15_000, requestTimeout: 0 }, handle);
  const isBusy = endIdleConnections(server, idleMs);
  server.on('upgrade', upgrade);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    continueOnRead(request, response);
    handle(request, response);
  });
  server.on('clientError', (_error, socket) => refuseUpgrade(socket, '400 Bad Request'));
  return server;
}

/** What clients of the OAuth endpoints read (RFC 6749 § 5.2), which a refusal here keeps from answering themselves. */
function oauthError(errors: readonly GraphQLFormattedError[]) {
  const [{ message, extensions } = { message: '' }] = errors;
  const code = String(extensions?.code ?? '');
  const error = isUnavailable(code) ? 'temporarily_unavailable' : code.toLowerCase();
  return { error, error_description: message };
}

const isUnavailable = (code: string): boolean => code === 'SUBGRAPH_UNAVAILABLE' || code === 'OVERLOADED';
const retryAfterSeconds = 1;

function refuseUpgrade(socket: Duplex, status: string): void {
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  else socket.destroy();
}
