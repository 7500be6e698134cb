import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatehouseError, type Logger, type Metrics } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import {
  buildSchema,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type OperationTypeNode,
} from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GatewayConfig } from '../config.ts';
import { asBearer, authorizationOf } from '../http/authorization.ts';
import { proofOf } from '../http/proof.ts';
import { readParameters } from '../http/read-parameters.ts';
import { describeRefusal } from '../http/refusals.ts';
import type { OperationMeasure } from '../metrics/measure-operations.ts';
import { type Exchange, newExchange, type Outcome, type Plugin } from '../operation/exchange.ts';
import { runPlugins } from '../operation/run-plugins.ts';
import type { TokenChecks } from '../tokens/check-token.ts';
import type { Proof } from '../tokens/proofs.ts';
import { connectSocket, type SocketEnd } from './socket-connection.ts';

type Extra = {
  socket: WebSocket;
  client: ClientInfo;
  header: readonly string[];
  authorization: readonly string[];
  proof: Proof | null;
  traceparent: string | undefined;
  end: SocketEnd;
};

type Options = {
  plugins: readonly Plugin[];
  checkToken: TokenChecks;
  config: GatewayConfig['streams'];
  measure: OperationMeasure;
  metrics: Metrics;
  logger: Logger;
};

export type WebSocketEndpoint = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, client: ClientInfo): void;
  /** Tells every client that the gateway is going away. */
  close(): void;
};

const kinds = ['query', 'mutation', 'subscription'] as OperationTypeNode[];
const goingAway = 1001;

/** `/graphql` over `graphql-transport-ws`. The token or API key comes in `connection_init` as `{ authorization }` or `{ "x-api-key" }`, or in these headers; of a key that the token is
 * bound to comes a proof with it, for the upgrade request, as `{ dpop }` or in that header. */
export function createWebSocketEndpoint(options: Options): WebSocketEndpoint {
  const { plugins, checkToken, config, measure, metrics, logger } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: config.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });

  metrics.observe(
    {
      open: {
        name: 'gatehouse_gateway_websockets_open',
        type: 'gauge',
        help: 'WebSocket connections that are open.',
      },
    },
    () => ({ open: [{ value: sockets.clients.size }] }),
  );

  const server = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: config.initTimeoutMs,
    async onConnect({ extra, connectionParams }) {
      const fromPayload = presentedIn(connectionParams ?? {});
      extra.authorization = fromPayload.length > 0 ? fromPayload : extra.header;
      const { dpop } = connectionParams ?? {};
      if (dpop !== undefined) extra.proof = { jwt: String(dpop), method: 'GET' };
      if (extra.authorization.length === 0) return true;
      try {
        await checkToken(extra.authorization, extra.client, extra.proof);
        return true;
      } catch (error) {
        const { errors } = describeRefusal(error, { requestId: '', logger });
        const code = String(errors[0]?.extensions?.code);
        const isRefused = code === 'UNAUTHENTICATED';
        extra.socket.close(isRefused ? CloseCode.Unauthorized : CloseCode.InternalServerError, code);
        return false;
      }
    },
    async onSubscribe(context, _id, payload) {
      const open = Object.keys(context.subscriptions).length;
      if (open > config.maxPerConnection) return [tooMany(config.maxPerConnection)];
      return await answer(context, payload);
    },
    execute: outcomeOf,
    subscribe: outcomeOf,
    // Results are finished already; the library would call toJSON on their errors.
    onNext: (_context, _id, _payload, _args, result) => result as never,
  });

  async function answer({ extra }: Context<Record<string, unknown>, Extra>, payload: unknown) {
    let exchange: Exchange | undefined;
    try {
      exchange = newExchange({
        parameters: readParameters(payload),
        authorization: extra.authorization,
        proof: extra.proof,
        client: extra.client,
        inboundTraceparent: extra.traceparent,
        allowedKinds: kinds,
        connection: { signal: () => undefined, end: extra.end },
      });
      const outcome = await runPlugins(plugins, exchange);
      const { operation } = exchange;
      measure.answered(exchange);
      if (!operation) throw new Error('the operation was not prepared');
      const args: ExecutionArgs = {
        schema: unused,
        document: operation.document,
        operationName: operation.name,
        contextValue: outcome,
      };
      return args;
    } catch (error) {
      if (!exchange?.outcome) measure.refused(exchange, error);
      const refusal = describeRefusal(error, { requestId: exchange?.requestId ?? '', logger });
      if (refusal.status === 401) extra.end('UNAUTHENTICATED');
      if (refusal.errors[0]?.extensions?.code === 'TENANT_SUSPENDED') extra.end('TENANT_SUSPENDED');
      return refusal.errors.map(asGraphQLError);
    }
  }

  return {
    upgrade(request, socket, head, client) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const { endpoint, end } = connectSocket(webSocket, { keepAliveMs: config.keepAliveMs, logger });
        const traceparent = [request.headers.traceparent].flat()[0];
        const closed = server.opened(endpoint, {
          socket: webSocket,
          client,
          header: authorizationOf(request),
          authorization: [],
          proof: proofOf(request),
          traceparent,
          end,
        });
        webSocket.once('close', (code, reason) => {
          closed(code, String(reason)).catch((err: unknown) =>
            logger.error({ err }, 'closing a socket failed'),
          );
        });
      });
    },
    close() {
      for (const socket of sockets.clients) socket.close(goingAway, 'GOING_AWAY');
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, 1_000).unref();
      sockets.close();
    },
  };
}

function presentedIn(parameters: Record<string, unknown>): string[] {
  const token = parameters.authorization ?? parameters.Authorization ?? null;
  const apiKey = parameters['x-api-key'] ?? null;
  return [...(token === null ? [] : [String(token)]), ...(apiKey === null ? [] : [asBearer(String(apiKey))])];
}

/** The library wants a schema beside the outcome; the true one belongs to a graph that may be replaced meanwhile. */
const unused = buildSchema('type Query { nothing: Boolean }');

const outcomeOf = ({ contextValue }: ExecutionArgs) => {
  const outcome = contextValue as Outcome;
  if (outcome.kind === 'text') throw new Error('a socket takes no text');
  return (outcome.kind === 'result' ? outcome.result : outcome.stream) as never;
};

const tooMany = (max: number) =>
  new GatehouseError('RATE_LIMITED', `A connection carries at most ${max} operations at once.`, {
    retryAfter: 1,
  });

const asGraphQLError = ({ message, extensions }: GraphQLFormattedError) =>
  new GraphQLError(message, { extensions });
