import { type Database, openDatabase, openPostgresPubSub, type PubSub } from '@gatehouse/data';
import { createTestDatabase, silentLogger } from '@gatehouse/testkit';
import { type EventBus, migrateEventBus, openPostgresEventBus } from '../src/index.ts';
import { type KafkaEventBus, type KafkaSettings, openKafkaEventBus } from '../src/kafka/index.ts';

export type Place = {
  url: string;
  database: Database;
  openBus(): Promise<EventBus>;
  openKafka(settings: KafkaSettings): Promise<KafkaEventBus>;
  close(): Promise<void>;
};

/** A database of its own with the bus' tables; whatever was opened is closed with it. */
export async function openPlace(schema = 'platform'): Promise<Place> {
  const test = await createTestDatabase();
  const database = openDatabase({ url: test.url, schema, poolSize: 10, applicationName: 'test' });
  await migrateEventBus(database);
  const pubsubs: PubSub[] = [];
  const openPubSub = () => {
    const pubSub = openPostgresPubSub({ url: test.url, logger: silentLogger });
    pubsubs.push(pubSub);
    return pubSub;
  };
  const quick = { leaseMs: 1_000, pollMs: 200, retryDelays: { initialMs: 10, maxMs: 40 } };
  return {
    url: test.url,
    database,
    openBus: async () =>
      openPostgresEventBus({ database, pubSub: openPubSub(), logger: silentLogger, ...quick }),
    openKafka: async (settings) =>
      openKafkaEventBus({
        settings,
        database,
        pubSub: openPubSub(),
        logger: silentLogger,
        ...quick,
        leaseMs: 3_000,
      }),
    async close() {
      await Promise.all(pubsubs.map((pubSub) => pubSub.close()));
      await database.close();
      await test.drop();
    },
  };
}
