import { setTimeout as delay } from 'node:timers/promises';
import { type Database, type PubSub, repeat } from '@gatehouse/data';
import { createMetrics, type Logger, type Metrics, StartupError, within } from '@gatehouse/service-kit';
import { Admin } from '@platformatic/kafka';
import { defaultDelays, type RetryDelays } from '../bus/backoff.ts';
import { postgresDeadLetters } from '../bus/dead-letters.ts';
import type { EventBus, SubscribeOptions } from '../bus/event-bus.ts';
import { deliveriesDefinition, measureBus } from '../bus/measure-bus.ts';
import { sweepBus } from '../bus/sweep.ts';
import type { EventType } from '../catalogue/index.ts';
import type { EventOf } from '../envelope.ts';
import { createPublisher } from './publisher.ts';
import { clientOptions, type KafkaSettings } from './settings.ts';
import { subscribeOverKafka } from './subscribe.ts';
import { topicNames } from './topic-names.ts';
import { ensureTopics } from './topics.ts';

export type KafkaEventBusOptions = {
  settings: KafkaSettings;
  /** Schema `platform` (see `migrateEventBus`): events that failed, and dead letters. */
  database: Database;
  pubSub: PubSub;
  logger: Logger;
  metrics?: Metrics;
  /** How long a consumer that gives no sign of life keeps what it has in hand; 10 s, as long as a crash delays it. */
  leaseMs?: number;
  /** How often parked events are looked for without being woken; 1 s. */
  pollMs?: number;
  retryDelays?: RetryDelays;
};

export type KafkaEventBus = EventBus & {
  /** Makes and checks the topics. False when Kafka is not there, which is only logged; StartupError when it refuses us. */
  ready(): Promise<boolean>;
  /** Resolves when the group's subscription of this process has got its share of the partitions. */
  joined(group: string): Promise<void>;
};

const channel = 'event-bus';
const askEveryMs = 1_000;
/** A group that Kafka does not know yet is told of before anything is published for it. */
const beginMs = 15_000;

/** The event bus over Kafka's topics; what fails is tried again from PostgreSQL's queue, where dead letters lie as well. */
export function openKafkaEventBus(options: KafkaEventBusOptions): KafkaEventBus {
  const {
    settings,
    database,
    pubSub,
    logger,
    leaseMs = 10_000,
    pollMs = 1_000,
    retryDelays = defaultDelays,
  } = options;
  const names = topicNames(settings.prefix, settings.consumedTopics);
  const publisher = createPublisher(settings, names);
  const subscriptions = new Map<string, ReturnType<typeof subscribeOverKafka>>();
  const admin = new Admin(clientOptions(settings));
  admin.on('error', () => {});
  const { metrics = createMetrics() } = options;
  const deliveries = metrics.counter(deliveriesDefinition);
  const unmeasure = measureBus(
    metrics,
    database,
    () => [...subscriptions.keys()],
    async (group) => await (subscriptions.get(group)?.consumer.unread() ?? { messages: 0, oldestSeconds: 0 }),
  );
  let isReachable = true;
  let ensuring: Promise<void> | undefined;

  /** Once; again when it failed. */
  function ensured(): Promise<void> {
    ensuring ??= ensureTopics(settings, names).catch((error: unknown) => {
      ensuring = undefined;
      throw error;
    });
    return ensuring;
  }

  function tell(reachable: boolean, error?: unknown): void {
    if (reachable !== isReachable) {
      if (reachable) logger.warn('Kafka is back');
      else logger.warn({ err: error }, 'Kafka is lost: events wait in the outboxes');
    }
    isReachable = reachable;
  }

  const asking = repeat(askEveryMs, () =>
    within(3_000, admin.metadata({ topics: [], forceUpdate: true })).then(
      () => tell(true),
      (error: unknown) => tell(false, error),
    ),
  );
  const listening = pubSub.subscribe<{ groups: string[] }>(channel, ({ groups }) => {
    for (const group of groups) void subscriptions.get(group)?.wake();
  });
  const sweeping = repeat(600_000, async () => {
    await Promise.all([...subscriptions.values()].map((subscription) => subscription.register()));
    await sweepBus(database);
  });

  return {
    async ready() {
      try {
        await ensured();
        return true;
      } catch (error) {
        if (error instanceof StartupError) throw error;
        tell(false, error);
        return false;
      }
    },

    joined: async (group) => await subscriptions.get(group)?.consumer.joined,

    async publish(events) {
      if (events.length === 0) return;
      await ensured();
      await publisher.publish(events);
    },

    async subscribe<T extends EventType>(subscription: SubscribeOptions<T>) {
      const { group, types, maxAttempts = 12, concurrency = 8 } = subscription;
      if (subscriptions.has(group)) throw new Error(`group "${group}" is subscribed already`);
      const started = subscribeOverKafka({
        ...{ settings, names, database, logger, group, types, maxAttempts, concurrency },
        ...{ leaseMs, pollMs, retryDelays },
        handler: subscription.handler as (event: EventOf<EventType>, signal: AbortSignal) => Promise<void>,
        admin,
        count: (outcome) => deliveries({ group, outcome }).add(),
        prepare: ensured,
        publishDeadLetter: publisher.publishDeadLetter,
      });
      subscriptions.set(group, started);
      if (isReachable) await Promise.race([started.begun, delay(beginMs, undefined, { ref: false })]);
      return {
        async stop() {
          if (subscriptions.get(group) === started) subscriptions.delete(group);
          await started.stop();
        },
      };
    },

    isReachable: () => isReachable,
    deadLetters: postgresDeadLetters(database, async (groups) => {
      await pubSub
        .publish(channel, { groups })
        .catch((error: unknown) => logger.debug({ err: error }, 'no wake-up'));
    }),

    async close() {
      unmeasure();
      await Promise.all([asking.stop(), sweeping.stop()]);
      await Promise.all([...subscriptions.values()].map((subscription) => subscription.stop()));
      subscriptions.clear();
      await publisher.close();
      await within(1_000, admin.close()).catch(() => {});
      void listening.then((stop) => stop()).catch(() => {});
    },
  };
}
