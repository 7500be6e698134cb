import type { Database, KeyValue, PubSub } from '@gatehouse/data';
import type { EventBus } from '@gatehouse/events';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import type { NotificationConfig } from './config.ts';

/** What this subgraph is given by the process that mounts it. */
export type NotificationDeps = {
  database: Database;
  keyValue: KeyValue;
  pubSub: PubSub;
  bus: EventBus;
  call: CallSubgraph;
  logger: Logger;
  metrics: Metrics;
  publicUrl: string;
  config: NotificationConfig;
};
