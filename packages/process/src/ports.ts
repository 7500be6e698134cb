import {
  type BlobStore,
  type Database,
  type KeyValue,
  migratePlatform,
  openDatabase,
  openPostgresBlobStore,
  openPostgresKeyValue,
  openPostgresPubSub,
  type PubSub,
} from '@gatehouse/data';
import { type EventBus, migrateEventBus, openPostgresEventBus } from '@gatehouse/events';
import type { Logger } from '@gatehouse/service-kit';

export type Ports = {
  keyValue: KeyValue;
  pubSub: PubSub;
  blobs: BlobStore;
  bus: EventBus;
  /** Throws when an engine can't be reached. */
  ready(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the engines behind the ports and brings their tables up to date. StartupError when one can't be reached. */
export async function openPorts(options: {
  databaseUrl: string;
  poolSize: number;
  logger: Logger;
}): Promise<Ports> {
  const { databaseUrl: url, poolSize, logger } = options;
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
  } catch (error) {
    await database.close();
    throw error;
  }
  const pubSub = await openPostgresPubSub({ url, logger });
  const keyValue = openPostgresKeyValue(database);
  const bus = openPostgresEventBus({ database, pubSub, logger });
  return {
    keyValue,
    pubSub,
    blobs: openPostgresBlobStore(database),
    bus,
    ready: () => database.check(),
    async close() {
      await bus.close();
      await keyValue.close();
      await pubSub.close();
      await database.close();
    },
  };
}
