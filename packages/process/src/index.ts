export {
  administratorEnvironment,
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
export { kafkaSettingsOf } from './kafka-environment.ts';
export { openSubgraphDatabase } from './open-subgraph-database.ts';
export { createPassportKeys, passportFiles, readPassportKeys } from './passports.ts';
export { openPorts, type Ports } from './ports.ts';
export { runSubgraph, type SubgraphParts } from './run-subgraph.ts';
export { metricsAddress, tellMetrics } from './tell-metrics.ts';
