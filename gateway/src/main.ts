import { createPassportIssuer } from '@gatehouse/identity';
import {
  commonEnvironment,
  databaseEnvironment,
  engineEnvironment,
  openPorts,
  passportEnvironment,
  readPassportKeys,
  subgraphPorts,
  subgraphTimeout,
  subgraphTimeouts,
  subgraphUrl,
  subgraphUrls,
  tellMetrics,
} from '@gatehouse/process';
import {
  createLogger,
  createMetrics,
  type Logger,
  readEnvironment,
  runProcess,
} from '@gatehouse/service-kit';
import { callOverHttp, type SubgraphName, subgraphNames } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import {
  createGateway,
  followSupergraph,
  gatewayConfigOf,
  gatewayEnvironment,
  readSupergraph,
  remote,
  type SubgraphConnection,
} from './index.ts';

const schema = z.object({
  ...commonEnvironment,
  ...databaseEnvironment,
  ...engineEnvironment,
  ...passportEnvironment,
  ...subgraphUrls,
  ...subgraphTimeouts,
  ...gatewayEnvironment,
});

let logger: Logger | undefined;

await runProcess(
  async () => {
    const values = readEnvironment(schema, process.env);
    logger = createLogger({ name: 'gateway', level: values.LOG_LEVEL });
    const log = logger;
    const metrics = createMetrics();
    const told = await tellMetrics(metrics, values, log);
    const config = gatewayConfigOf(values);
    const keys = await readPassportKeys({
      keyFile: values.PASSPORT_KEY_FILE,
      jwksFile: values.PASSPORT_JWKS_FILE,
    });
    const passports = await createPassportIssuer('gateway', keys.key);
    const urlOf = (name: SubgraphName) =>
      subgraphUrl(values, name) ?? `http://127.0.0.1:${subgraphPorts[name]}/graphql`;
    const timeoutMsOf = (name: SubgraphName) => subgraphTimeout(values, name);
    const call = callOverHttp({ urlOf, passportFor: passports.forService, timeoutMsOf, metrics });
    const ports = await openPorts({
      databaseUrl: values.DATABASE_URL,
      poolSize: values.DATABASE_POOL_SIZE,
      redisUrl: values.REDIS_URL,
      logger,
      metrics,
    });
    const connectionOf = (name: SubgraphName): [SubgraphName, SubgraphConnection] => [
      name,
      remote({
        name,
        url: urlOf(name),
        passports,
        logger: log,
        timeoutMs: timeoutMsOf(name),
        bootTimeoutMs: config.bootTimeoutMs,
        metrics,
      }),
    ];
    const supergraphSdl = readSupergraph(values.SUPERGRAPH_FILE);
    const gateway = createGateway({
      supergraphSdl,
      subgraphs: Object.fromEntries(subgraphNames.map(connectionOf)) as Record<
        SubgraphName,
        SubgraphConnection
      >,
      keyValue: ports.keyValue,
      pubSub: ports.pubSub,
      redis: ports.redis,
      call,
      logger,
      metrics,
      config,
    });
    const { port } = await gateway.start();
    const following = followSupergraph({
      file: values.SUPERGRAPH_FILE,
      current: supergraphSdl,
      replace: gateway.replaceSupergraph,
      logger,
    });
    logger.info({ port }, 'gateway is ready');
    return {
      async stop() {
        following.stop();
        await gateway.stop();
        await call.close();
        await ports.close();
        await told.stop();
      },
    };
  },
  () => logger,
);
