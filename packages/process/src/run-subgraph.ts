import { type Database, migrate } from '@gatehouse/data';
import { type Caller, createPassportIssuer, createPassportVerifier } from '@gatehouse/identity';
import {
  createLogger,
  createMetrics,
  env,
  GatehouseError,
  type Logger,
  type Metrics,
  readEnvironment,
  runProcess,
} from '@gatehouse/service-kit';
import {
  type CallSubgraph,
  callOverHttp,
  type Subgraph,
  type SubgraphName,
  serveSubgraph,
} from '@gatehouse/service-kit/subgraph';
import { ExponentialBackoff, handleAll, retry } from 'cockatiel';
import { z } from 'zod';
import {
  commonEnvironment,
  databaseEnvironment,
  engineEnvironment,
  ownDatabaseEnvironment,
  passportEnvironment,
  replicaEnvironment,
  subgraphPorts,
  subgraphTimeout,
  subgraphTimeouts,
  subgraphUrl,
  subgraphUrls,
} from './environment.ts';
import { kafkaSettingsOf } from './kafka-environment.ts';
import { openSubgraphDatabase } from './open-subgraph-database.ts';
import { readPassportKeys } from './passports.ts';
import { openPorts, type Ports } from './ports.ts';
import { tellMetrics } from './tell-metrics.ts';

/** What every subgraph is made of, besides its own configuration. */
export type SubgraphParts = Pick<Ports, 'keyValue' | 'pubSub' | 'blobs' | 'bus'> & {
  database: Database;
  call: CallSubgraph;
  logger: Logger;
  metrics: Metrics;
  publicUrl: string;
};

type Values<Own extends z.ZodRawShape> = z.output<z.ZodObject<Own>> & { NODE_ENV: string };

type Definition<Own extends z.ZodRawShape> = {
  name: SubgraphName;
  environment: Own;
  migrations: { folder: string; schema: string };
  create(parts: SubgraphParts, values: Values<Own>): Subgraph<Caller>;
  /** Runs before the subgraph answers anybody. */
  prepare?(parts: SubgraphParts, values: Values<Own>): Promise<void>;
  /** Runs once the subgraph answers, and again until it succeeds: other subgraphs may not be there yet. Until then it is not ready. */
  afterStart?(parts: SubgraphParts, values: Values<Own>): Promise<void>;
};

/** Runs one subgraph as a process of its own. The only place of such a process that reads the environment. */
export function runSubgraph<Own extends z.ZodRawShape>(definition: Definition<Own>): Promise<void> {
  const { name } = definition;
  let logger: Logger | undefined;
  return runProcess(
    async () => {
      const schema = z.object({
        ...commonEnvironment,
        ...databaseEnvironment,
        ...engineEnvironment,
        ...passportEnvironment,
        ...subgraphUrls,
        ...subgraphTimeouts,
        ...replicaEnvironment,
        ...ownDatabaseEnvironment,
        PORT: env.port(subgraphPorts[name]),
        PUBLIC_URL: env.url('http', 'https').default('http://localhost:4000'),
      });
      const values = readEnvironment(schema.extend(definition.environment), process.env) as z.output<
        typeof schema
      > &
        Values<Own>;
      logger = createLogger({ name, level: values.LOG_LEVEL });
      const metrics = createMetrics();
      const told = await tellMetrics(metrics, values, logger);

      const keys = await readPassportKeys({
        keyFile: values.PASSPORT_KEY_FILE,
        jwksFile: values.PASSPORT_JWKS_FILE,
      });
      const passports = await createPassportIssuer(name, keys.key);
      const verify = createPassportVerifier(name, keys.jwks);
      const call = callOverHttp({
        urlOf: (target) => subgraphUrl(values, target) ?? `http://127.0.0.1:${subgraphPorts[target]}/graphql`,
        passportFor: passports.forService,
        timeoutMsOf: (target) => subgraphTimeout(values, target),
        metrics,
      });

      const ports = await openPorts({
        databaseUrl: values.DATABASE_URL,
        poolSize: values.DATABASE_POOL_SIZE,
        redisUrl: values.REDIS_URL,
        // Nobody else has content.
        mongodbUrl: name === 'storage' ? values.MONGODB_URL : undefined,
        kafka: kafkaSettingsOf(values),
        logger,
        metrics,
      });
      const own = values.SUBGRAPH_DATABASE_URL;
      const database = openSubgraphDatabase({
        name,
        schema: definition.migrations.schema,
        url: own ?? values.DATABASE_URL,
        replicaUrls: own ? values.SUBGRAPH_DATABASE_REPLICA_URL : values.DATABASE_REPLICA_URL,
        values,
        keyValue: ports.keyValue,
        logger,
        metrics,
      });
      await migrate(database, definition.migrations);

      const publicUrl = values.PUBLIC_URL;
      const parts: SubgraphParts = { ...ports, database, call, logger, metrics, publicUrl };
      await definition.prepare?.(parts, values);
      const { afterStart } = definition;
      const subgraph = definition.create(parts, values);
      let isPrepared = false;
      const served = await serveSubgraph<Caller>({
        subgraph: {
          ...subgraph,
          async ready() {
            if (!isPrepared) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', 'It is starting.');
            await subgraph.ready();
          },
          degraded: ports.degraded,
        },
        port: values.PORT,
        host: values.HOST,
        logger,
        verify,
        isGateway: ({ service }) => service === 'gateway',
        clientOf: (caller) => caller.client,
      });
      const starting = new AbortController();
      const prepared = () => {
        isPrepared = true;
        logger?.info({ port: served.port }, `${name} is ready`);
      };
      if (!afterStart) prepared();
      else {
        untilItSucceeds
          .execute(() => afterStart(parts, values), starting.signal)
          .then(prepared, (err: unknown) => logger?.error({ err }, 'start-up work failed'));
      }

      return {
        async stop() {
          starting.abort();
          await served.stop();
          await call.close();
          await ports.close();
          await database.close();
          await told.stop();
        },
      };
    },
    () => logger,
  );
}

/** About five minutes in all. */
const untilItSucceeds = retry(handleAll, {
  maxAttempts: 60,
  backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5_000 }),
});
