import {
  type Database,
  type KeyValue,
  measurePool,
  openDatabase,
  openReplicatedDatabase,
} from '@gatehouse/data';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';

/** Opens where the tables of a subgraph are, with its replicas, and has its connections told. */
export function openSubgraphDatabase(options: {
  name: SubgraphName;
  schema: string;
  url: string;
  replicaUrls: readonly string[];
  values: {
    DATABASE_POOL_SIZE: number;
    DATABASE_STATEMENT_TIMEOUT: number;
    DATABASE_REPLICA_MAX_LAG: number;
  };
  keyValue: KeyValue;
  logger: Logger;
  metrics: Metrics;
}): Database {
  const { name, values, replicaUrls, keyValue, logger, metrics } = options;
  const connection = {
    url: options.url,
    schema: options.schema,
    poolSize: values.DATABASE_POOL_SIZE,
    statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT * 1_000,
    applicationName: `gatehouse ${name}`,
  };
  const maxAgeSeconds = values.DATABASE_REPLICA_MAX_LAG;
  const database =
    replicaUrls.length === 0
      ? openDatabase(connection)
      : openReplicatedDatabase(connection, { urls: replicaUrls, maxAgeSeconds, keyValue, logger, metrics });
  measurePool(metrics, database);
  return database;
}
