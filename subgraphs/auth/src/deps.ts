import type { Database, KeyValue, PubSub } from '@gatehouse/data';
import type { EventBus } from '@gatehouse/events';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import type { AuthConfig } from './config.ts';

/** What the process hands to this subgraph. */
export type AuthDeps = {
  database: Database;
  keyValue: KeyValue;
  pubSub: PubSub;
  bus: EventBus;
  call: CallSubgraph;
  logger: Logger;
  metrics: Metrics;
  publicUrl: string;
  config: AuthConfig;
};
