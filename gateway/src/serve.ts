import './telemetry-off.ts';

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import type { PassportIssuer } from '@gatehouse/identity';
import {
  closeServer,
  createLogger,
  createMetrics,
  listen,
  runProcess,
  StartupError,
} from '@gatehouse/service-kit';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';
import { parse } from 'graphql';
import { addressList, defaultGatewayConfig as config } from './config.ts';
import { createCounts } from './engine/counts.ts';
import { createGraphs } from './graph/graphs.ts';
import { sendJson } from './http/answer.ts';
import { clientInfoOf } from './http/client-info.ts';
import { createCors } from './http/cross-site.ts';
import { createGraphqlEndpoint } from './http/graphql-endpoint.ts';
import { readTarget } from './http/target.ts';
import { measureOperations } from './metrics/measure-operations.ts';
import type { Plugin } from './operation/exchange.ts';
import { createKnownDocuments } from './operation/persisted/known-documents.ts';
import { document } from './plugins/document.ts';
import { execute } from './plugins/execute.ts';
import { graph } from './plugins/graph.ts';
import { keepDocument } from './plugins/keep-document.ts';
import { persistedOperation } from './plugins/persisted-operation.ts';
import { plan } from './plugins/plan.ts';
import { requestId } from './plugins/request-id.ts';
import { sizeLimits } from './plugins/size-limits.ts';
import { createLiveStreams } from './streams/live-stream.ts';
import type { SubgraphConnection, SubgraphConnections } from './subgraphs/connection.ts';
import { remote } from './subgraphs/remote.ts';
import { readSupergraph } from './supergraph/follow-file.ts';
import { routingUrls } from './supergraph/routing-urls.ts';
import type { Tokens } from './tokens/tokens.ts';

/*
 * Serves any supergraph file through the engine, for audits of federation and for trying one out:
 *   node gateway/src/serve.ts --supergraph FILE --port N [--host ADDRESS]
 * There is no authentication: everybody is nobody, and a supergraph that protects fields does not load.
 */

const drainMs = 1_000;
const subgraphTimeoutMs = 10_000;
const logger = createLogger({ name: 'serve', level: process.env.LOG_LEVEL ?? 'info' });

/** Subgraphs of others know no passports. */
const noPassports: PassportIssuer = { forCaller: async () => 'none', forService: async () => 'none' };

/** Nobody has a token here, so nobody asks about one. */
const noTokens: Tokens = {
  authenticate: async () => {
    throw new Error('there are no tokens here');
  },
  current: async () => null,
  watch: () => () => {},
  isOpen: async () => true,
  start: async () => {},
  stop: async () => {},
};

/** Audits look at the schema. */
const explorer: Plugin = {
  name: 'explorer',
  run(exchange) {
    const permissions = ['graph:explore'];
    const principal = { kind: 'client', clientId: 'anyone', tenantId: 'none', permissions } as const;
    exchange.caller = { ...exchange.caller, principal };
  },
};

await runProcess(async () => {
  const { supergraph: file, port, host } = readArguments();
  const sdl = readSupergraph(file);
  const connections = connect(sdl);
  const { limits, operationCacheBytes } = config;
  const graphs = await createGraphs(sdl, {
    connections,
    limits,
    operationCacheBytes,
    logger,
    counts: createCounts(),
  });
  const { keepAliveMs } = config.streams;
  const metrics = createMetrics();
  const streams = createLiveStreams({
    connections,
    graphs,
    tokens: noTokens,
    metrics,
    logger,
    ...config.streams,
  });
  const known = createKnownDocuments({ logger });
  const nothing = { find: () => undefined, has: () => false };
  const plugins = [
    requestId,
    sizeLimits,
    explorer,
    persistedOperation({ known, trusted: nothing, acceptsAny: true }),
    graph(graphs),
    document,
    keepDocument(known),
    plan,
    execute(streams),
  ];
  const cors = createCors([]);
  const { maxBodyBytes } = config;
  const graphql = createGraphqlEndpoint({
    plugins,
    cors,
    maxBodyBytes,
    batchLimit: 0,
    keepAliveMs,
    isTls: false,
    measure: measureOperations(metrics),
    logger,
  });
  const trusted = addressList([]);
  const server = createServer((request, response) => {
    const answer = async () => {
      const { path, search } = readTarget(request.url ?? '/');
      if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
      if (path !== '/graphql') return sendJson(response, 404, { error: 'not found' });
      await graphql(request, response, { search, client: clientInfoOf(request, trusted) });
    };
    answer().catch(() => (response.headersSent ? response.destroy() : response.writeHead(400).end()));
  });
  const listening = await listen(server, { port, host });
  logger.info({ port: listening, supergraph: file }, 'serving');
  return {
    async stop() {
      streams.endAll();
      await closeServer(server, drainMs);
      await Promise.all(Object.values(connections).map((connection) => connection.close()));
    },
  };
});

function readArguments() {
  const options = {
    supergraph: { type: 'string' },
    port: { type: 'string', default: '4000' },
    host: { type: 'string', default: '127.0.0.1' },
  } as const;
  try {
    const { supergraph, port, host } = parseArgs({ options }).values;
    if (supergraph && /^\d{1,5}$/.test(port)) return { supergraph, port: Number(port), host };
  } catch {
    // Told below.
  }
  throw new StartupError('usage: node gateway/src/serve.ts --supergraph FILE --port N [--host ADDRESS]');
}

/** Every subgraph at the URL that the file gives it. */
function connect(sdl: string): SubgraphConnections {
  const entries = [...routingUrls(parse(sdl, { noLocation: true }))].map(
    ([name, url]): [string, SubgraphConnection] => {
      if (!URL.canParse(url)) throw new StartupError(`The subgraph ${name} has no URL in the supergraph.`);
      const connection = remote({
        name: name as SubgraphName,
        url,
        passports: noPassports,
        logger,
        timeoutMs: subgraphTimeoutMs,
        bootTimeoutMs: config.bootTimeoutMs,
        door: false,
      });
      return [name, { ...connection, enforced: async () => [] }];
    },
  );
  return Object.fromEntries(entries) as SubgraphConnections;
}
