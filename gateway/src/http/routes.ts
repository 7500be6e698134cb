import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, serviceCaller } from '@gatehouse/identity';
import type { ClientInfo, SubgraphName } from '@gatehouse/service-kit/subgraph';
import { traceOf } from '../plugins/request-id.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import { sendJson } from './answer.ts';
import { isLoopback, peerAddress } from './client-info.ts';
import type { Cors } from './cross-site.ts';
import { overwriteForwarding } from './forwarding-headers.ts';
import { isBelow } from './target.ts';

type PublicRoute = {
  prefix: string;
  subgraph: SubgraphName;
  /** Answers only programs on this machine. */
  loopbackOnly?: true;
  /** The gateway's CORS applies; else the subgraph decides itself. */
  cors?: true;
};

/** Paths that lead to a subgraph. Nothing else of a subgraph is public. */
const publicRoutes: readonly PublicRoute[] = [
  { prefix: '/oauth2', subgraph: 'auth' },
  { prefix: '/.well-known', subgraph: 'auth' },
  { prefix: '/storage', subgraph: 'storage', cors: true },
  { prefix: '/audit', subgraph: 'auth', cors: true },
  { prefix: '/sms/status', subgraph: 'notification' },
  { prefix: '/mail/reports', subgraph: 'notification' },
  { prefix: '/dev/mailbox', subgraph: 'notification', loopbackOnly: true },
];

/** The prefix of the route that a path belongs to. */
export const routeOf = (path: string): string | undefined =>
  publicRoutes.find(({ prefix }) => isBelow(path, prefix))?.prefix;

/** Passes requests for the subgraphs' own paths on; answers false when the path is none of them. */
export function createRoutes(options: { connections: SubgraphConnections; cors: Cors; protocol: string }) {
  const { connections, cors, protocol } = options;

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    given: { path: string; client: ClientInfo },
  ): Promise<boolean> => {
    const { path, client } = given;
    const route = publicRoutes.find(({ prefix }) => isBelow(path, prefix));
    if (!route) return false;
    const isFromHere = isLoopback(peerAddress(request)) && isLoopback(client.ipAddress);
    if (route.loopbackOnly && !isFromHere) {
      sendJson(response, 404, { error: 'not found' });
      return true;
    }
    if (route.cors && cors.apply(request, response, 'GET, HEAD, PUT')) return true;
    const { traceId, traceparent } = traceOf([request.headers.traceparent].flat()[0]);
    overwriteForwarding(request.headers, { ...client, protocol });
    request.headers.traceparent = traceparent;
    response.setHeader('x-request-id', traceId);
    const caller: Caller = { ...serviceCaller('gateway'), service: null, client, requestId: traceId };
    await connections[route.subgraph].forward(request, response, caller);
    return true;
  };
}
