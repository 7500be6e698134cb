import type { KeyValue, PubSub } from '@gatehouse/data';
import type { RedisClient } from '@gatehouse/data/redis';
import { closeServer, type Logger, listen, type Metrics, StartupError } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { createBlockedAddresses } from './addresses/refuse-blocked.ts';
import type { GatewayConfig } from './config.ts';
import { createCounts } from './engine/counts.ts';
import { createGraphs, type Graphs } from './graph/graphs.ts';
import { createCors } from './http/cross-site.ts';
import { createEdge } from './http/edge.ts';
import { createGraphqlEndpoint } from './http/graphql-endpoint.ts';
import { createHealth } from './http/health.ts';
import { createRoutes } from './http/routes.ts';
import { measureEngine } from './metrics/measure-engine.ts';
import { measureOperations } from './metrics/measure-operations.ts';
import { createKnownDocuments } from './operation/persisted/known-documents.ts';
import { readTrustedDocuments, trustDocuments } from './operation/persisted/trusted-documents.ts';
import * as pageDocuments from './pages/assets/documents.js';
import { createPages } from './pages/pages.ts';
import { pluginsOf } from './plugins/index.ts';
import { createMemoryStore } from './rates/memory-store.ts';
import { createRates } from './rates/rates.ts';
import { createRedisStore } from './rates/redis-store.ts';
import { createLiveStreams, type LiveStreams } from './streams/live-stream.ts';
import { createWebSocketEndpoint } from './streams/web-socket.ts';
import type { SubgraphConnections } from './subgraphs/connection.ts';
import { createTokenChecks } from './tokens/check-token.ts';
import { createTenants } from './tokens/tenants.ts';
import { createTokens } from './tokens/tokens.ts';

export type GatewayDeps = {
  supergraphSdl: string;
  subgraphs: SubgraphConnections;
  keyValue: KeyValue;
  pubSub: PubSub;
  /** Where gateways count together; each counts by itself when there is none. */
  redis?: RedisClient | undefined;
  /** Service calls in the gateway's own name. */
  call: CallSubgraph;
  logger: Logger;
  metrics: Metrics;
  config: GatewayConfig;
};

export type Gateway = {
  /** Proves the enforcement, loads the supergraph and listens. StartupError when it can't. */
  start(): Promise<{ port: number }>;
  /**
   * Takes another supergraph for all operations that begin from then on. StartupError when it can't be loaded; the one
   * before then goes on.
   */
  replaceSupergraph(sdl: string): Promise<void>;
  /** Lets running requests finish, ends streams with a code, and closes within three seconds. */
  stop(): Promise<void>;
};

const drainMs = 2_500;
/** For streams to say why they end, before their connections close. */
const lastWordsMs = 50;

/** The public edge: one GraphQL endpoint over the four subgraphs, and the way to their own HTTP paths. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { subgraphs: connections, keyValue, redis, config, logger, metrics } = deps;
  const protocol = new URL(config.publicUrl).protocol.slice(0, -1);
  const tenants = createTenants(deps.call);
  const addresses = createBlockedAddresses({ ...deps, tenants, neverBlocked: config.neverBlocked });
  const tokens = createTokens({ ...deps, tenants, protocol });
  const rates = createRates(config.rates, redis ? createRedisStore(redis, logger) : createMemoryStore());
  const checkToken = createTokenChecks(tokens, rates, metrics);
  const known = createKnownDocuments({ keyValue, logger });
  let running: { graphs: Graphs; streams: LiveStreams } | undefined;
  let stopServing = async () => {};

  return {
    async start() {
      const trusted = readTrustedDocuments(config.trustedDocuments);
      const { limits, operationCacheBytes } = config;
      const counts = createCounts();
      const graphs = await createGraphs(deps.supergraphSdl, {
        connections,
        limits,
        operationCacheBytes,
        logger,
        counts,
      });
      measureEngine(metrics, counts, graphs);
      const measure = measureOperations(metrics);
      const streams = createLiveStreams({ connections, graphs, tokens, metrics, logger, ...config.streams });
      addresses.onBlock(() => streams.endWhere((client) => addresses.isBlocked(client), 'ADDRESS_BLOCKED'));
      const plugins = pluginsOf({
        addresses,
        rates,
        tenants,
        checkToken,
        graphs,
        known,
        trusted: trustDocuments(trusted, graphs.current.documents, Object.values(pageDocuments)),
        acceptsAny: config.operations === 'any',
        costLimit: config.costLimit,
        streams,
      });
      running = { graphs, streams };
      const cors = createCors(config.corsOrigins);
      const webSockets = createWebSocketEndpoint({
        plugins,
        checkToken,
        config: config.streams,
        measure,
        metrics,
        logger,
      });
      let draining = false;
      const server = createEdge({
        config,
        addresses,
        graphql: createGraphqlEndpoint({
          plugins,
          cors,
          maxBodyBytes: config.maxBodyBytes,
          batchLimit: config.batchLimit,
          keepAliveMs: config.streams.keepAliveMs,
          isTls: protocol === 'https',
          measure,
          logger,
        }),
        webSockets,
        routes: createRoutes({ connections, cors, protocol }),
        pages: createPages(),
        tenants,
        health: createHealth({ connections, keyValue, logger, isDraining: () => draining }),
        cors,
        metrics,
        logger,
      });
      await tokens.start();
      await addresses.start();
      stopServing = async () => {
        draining = true;
        streams.endAll();
        await new Promise((resolve) => setTimeout(resolve, lastWordsMs));
        webSockets.close();
        await closeServer(server, drainMs);
      };
      return { port: await listen(server, config) };
    },
    async replaceSupergraph(sdl) {
      if (!running) throw new StartupError('The gateway has not started.');
      const { graphs, streams } = running;
      await graphs.replace(sdl);
      await streams.follow();
    },
    async stop() {
      await stopServing();
      await addresses.stop();
      await tokens.stop();
      await Promise.all(Object.values(connections).map((connection) => connection.close()));
    },
  };
}
