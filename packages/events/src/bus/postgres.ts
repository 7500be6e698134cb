import { type Database, type PubSub, repeat } from '@gatehouse/data';
import { createMetrics, type Logger, type Metrics } from '@gatehouse/service-kit';
import type { EventType } from '../catalogue/index.ts';
import type { CloudEvent, EventOf } from '../envelope.ts';
import { defaultDelays, type RetryDelays } from './backoff.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { postgresDeadLetters } from './dead-letters.ts';
import type { EventBus, SubscribeOptions } from './event-bus.ts';
import { deliveriesDefinition, measureBus } from './measure-bus.ts';
import { sweepBus } from './sweep.ts';

export type PostgresEventBusOptions = {
  database: Database;
  pubSub: PubSub;
  logger: Logger;
  metrics?: Metrics;
  /** How long a claimed event stays with a consumer that gives no sign of life; 10 s, as long as a crash delays it. */
  leaseMs?: number;
  /** How often consumers look without being woken; 1 s. */
  pollMs?: number;
  retryDelays?: RetryDelays;
  sweepEveryMs?: number;
};

const channel = 'event-bus';

const publishText = `with incoming as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) with ordinality
      as e (id, type, subject, envelope, ordinal)),
  added as (
    insert into platform.event (id, envelope) select id, envelope from incoming order by ordinal
    on conflict (id) do nothing returning position, id),
  delivered as (
    insert into platform.event_delivery (group_name, position, type, subject)
    select g.group_name, added.position, incoming.type, incoming.subject
    from added join incoming using (id) join platform.event_group g using (type)
    order by added.position returning group_name)
  select distinct group_name as "group" from delivered`;

/** The event bus over tables in schema `platform` (see `migrateEventBus`), woken by pub/sub, with polling behind it. */
export function openPostgresEventBus(options: PostgresEventBusOptions): EventBus {
  const { database, pubSub, logger, leaseMs = 10_000, pollMs = 1_000, retryDelays = defaultDelays } = options;
  const { metrics = createMetrics() } = options;
  const deliveries = metrics.counter(deliveriesDefinition);
  const consumers = new Map<string, Consumer>();
  const unmeasure = measureBus(metrics, database, () => [...consumers.keys()]);

  const listening = pubSub.subscribe<{ groups: string[] }>(channel, ({ groups }) => {
    for (const group of groups) consumers.get(group)?.wake();
  });
  const sweeping = repeat(options.sweepEveryMs ?? 600_000, async () => {
    await Promise.all([...consumers.values()].map((consumer) => consumer.register()));
    await sweepBus(database);
  });

  async function wake(groups: string[]): Promise<void> {
    // Consumers look by themselves within `pollMs`: a lost hint is no reason to fail.
    await pubSub
      .publish(channel, { groups })
      .catch((error: unknown) => logger.debug({ err: error }, 'no wake-up'));
  }

  return {
    async publish(events) {
      const unique = [...new Map(events.map((event) => [event.id, event])).values()];
      if (unique.length === 0) return;
      const column = (value: (event: CloudEvent) => string) => unique.map(value);
      const { rows } = await database.pool.query<{ group: string }>({
        name: 'event_publish',
        text: publishText,
        values: [
          column((event) => event.id),
          column((event) => event.type),
          column((event) => event.subject),
          column((event) => JSON.stringify(event)),
        ],
      });
      if (rows.length > 0) await wake(rows.map((row) => row.group));
    },

    async subscribe<T extends EventType>(subscription: SubscribeOptions<T>) {
      const { group, types, maxAttempts = 12, concurrency = 8 } = subscription;
      if (consumers.has(group)) throw new Error(`group "${group}" is subscribed already`);
      const consumer = startConsumer({
        database,
        logger,
        group,
        types,
        // What is claimed has one of `types`: the statement asks for no other.
        handler: subscription.handler as (event: EventOf<EventType>, signal: AbortSignal) => Promise<void>,
        maxAttempts,
        concurrency,
        leaseMs,
        pollMs,
        retryDelays,
        count: (outcome) => deliveries({ group, outcome }).add(),
      });
      consumers.set(group, consumer);
      await consumer.register();
      consumer.wake();
      return {
        async stop() {
          if (consumers.get(group) === consumer) consumers.delete(group);
          await consumer.stop();
        },
      };
    },

    deadLetters: postgresDeadLetters(database, wake),
    // It lies where all else does: without it nothing is ready.
    isReachable: () => true,

    async close() {
      unmeasure();
      await sweeping.stop();
      await Promise.all([...consumers.values()].map((consumer) => consumer.stop()));
      consumers.clear();
      void listening.then((stop) => stop()).catch(() => {});
    },
  };
}
