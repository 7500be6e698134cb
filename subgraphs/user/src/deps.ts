import type { Database, KeyValue, PubSub } from '@gatehouse/data';
import type { EventBus } from '@gatehouse/events';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import type { UserConfig } from './config.ts';

/** What this subgraph needs to work. */
export type UserDeps = {
  database: Database;
  keyValue: KeyValue;
  pubSub: PubSub;
  bus: EventBus;
  call: CallSubgraph;
  logger: Logger;
  metrics: Metrics;
  publicUrl: string;
  config: UserConfig;
};
