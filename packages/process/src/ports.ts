import {
  type BlobStore,
  type Database,
  type KeyValue,
  measurePool,
  migratePlatform,
  openDatabase,
  openPostgresBlobStore,
  openPostgresKeyValue,
  openPostgresPubSub,
  type PubSub,
  whileLost,
} from '@gatehouse/data';
import type { RedisClient } from '@gatehouse/data/redis';
import { type EventBus, migrateEventBus, openPostgresEventBus } from '@gatehouse/events';
import type { KafkaSettings } from '@gatehouse/events/kafka';
import { createMetrics, type Logger, type Metrics } from '@gatehouse/service-kit';
import { measureEngine } from './measure-engine.ts';

export type Ports = {
  keyValue: KeyValue;
  pubSub: PubSub;
  blobs: BlobStore;
  bus: EventBus;
  /** The Redis behind them, if there is one. */
  redis: RedisClient | undefined;
  /** What the process goes on without, for a while: `events` when what carries them is lost. */
  degraded(): string[];
  /** Throws when the database can't be reached; the process can do without the others for a while. */
  ready(): Promise<void>;
  close(): Promise<void>;
};

export type PortOptions = {
  databaseUrl: string;
  poolSize: number;
  /** Cache, counters and live messages; in the database when it is left out. */
  redisUrl?: string | undefined;
  /** Content of documents; in the database when it is left out. */
  mongodbUrl?: string | undefined;
  /** What carries events; the database when it is left out. */
  kafka?: KafkaSettings | undefined;
  logger: Logger;
  /** Commands have nobody who asks. */
  metrics?: Metrics;
};

type Measured = PortOptions & { metrics: Metrics };

/** Opens the engines behind the ports and brings their tables up to date. StartupError when one refuses us. */
export async function openPorts(options: PortOptions): Promise<Ports> {
  const { databaseUrl: url, poolSize, metrics = createMetrics() } = options;
  const database: Database = openDatabase({
    url,
    schema: 'platform',
    poolSize,
    applicationName: 'gatehouse platform',
  });
  try {
    await database.check();
    await migratePlatform(database);
    await migrateEventBus(database);
    // Before what asks the database: it would find itself.
    measurePool(metrics, database);
    measureEngine(metrics, 'postgresql', () => database.check());
    const live = await openLive(database, { ...options, metrics });
    const blobs = await openBlobs(database, { ...options, metrics });
    const bus = await openBus(database, live.pubSub, { ...options, metrics });
    return {
      keyValue: live.keyValue,
      pubSub: live.pubSub,
      redis: live.redis,
      blobs,
      bus,
      degraded: () => (bus.isReachable() ? [] : ['events']),
      ready: () => database.check(),
      async close() {
        await bus.close();
        await blobs.close();
        await live.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Cache and live messages. Their driver is only loaded where it is used. */
async function openLive(database: Database, options: Measured) {
  const { databaseUrl: url, redisUrl, logger, metrics } = options;
  if (redisUrl === undefined) {
    const pubSub = openPostgresPubSub({ url, logger });
    const keyValue = openPostgresKeyValue(database);
    const close = async () => {
      await keyValue.close();
      await pubSub.close();
    };
    return { keyValue, pubSub, redis: undefined, close };
  }
  const { openRedis, openRedisKeyValue, openRedisPubSub } = await import('@gatehouse/data/redis');
  const connection = openRedis({ url: redisUrl, logger });
  await connection.ready();
  const pubSub = openRedisPubSub({ connection, logger });
  const close = async () => {
    await pubSub.close();
    await connection.close();
  };
  const keyValue = whileLost(openRedisKeyValue(connection), { logger });
  measureEngine(metrics, 'redis', () => keyValue.ping());
  return { keyValue, pubSub, redis: connection.client, close };
}

async function openBlobs(database: Database, { mongodbUrl, logger, metrics }: Measured): Promise<BlobStore> {
  if (mongodbUrl === undefined) return openPostgresBlobStore(database);
  const { openMongoBlobStore } = await import('@gatehouse/data/mongodb');
  const blobs = openMongoBlobStore({ url: mongodbUrl, logger });
  await blobs.check().catch(async (error: unknown) => {
    await blobs.close();
    throw error;
  });
  measureEngine(metrics, 'mongodb', () => blobs.check());
  return blobs;
}

async function openBus(
  database: Database,
  pubSub: PubSub,
  { kafka, logger, metrics }: Measured,
): Promise<EventBus> {
  if (kafka === undefined) return openPostgresEventBus({ database, pubSub, logger, metrics });
  const { openKafkaEventBus } = await import('@gatehouse/events/kafka');
  const bus = openKafkaEventBus({ settings: kafka, database, pubSub, logger, metrics });
  await bus.ready().catch(async (error: unknown) => {
    await bus.close();
    throw error;
  });
  measureEngine(metrics, 'kafka', async () => {
    if (!bus.isReachable()) throw new Error('Kafka is lost');
  });
  return bus;
}
