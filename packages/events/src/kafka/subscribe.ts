import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@gatehouse/data';
import { type Logger, within } from '@gatehouse/service-kit';
import type { Admin } from '@platformatic/kafka';
import { bulkhead } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { type RetryDelays, retryDelay } from '../bus/backoff.ts';
import { reasonOf, startConsumer } from '../bus/consumer.ts';
import type { Delivery } from '../bus/deliveries.ts';
import type { EventType } from '../catalogue/index.ts';
import type { EventOf } from '../envelope.ts';
import { startGroupConsumer } from './group-consumer.ts';
import { createLanes } from './lanes.ts';
import { type KafkaMessage, readMessage } from './messages.ts';
import { type ParkedEvent, parkedEvents } from './parked.ts';
import type { PartitionProgress } from './partition-progress.ts';
import type { DeadLetterMessage } from './publisher.ts';
import type { KafkaSettings } from './settings.ts';
import type { TopicNames } from './topic-names.ts';

export type KafkaSubscriptionOptions = {
  settings: KafkaSettings;
  admin: Admin;
  names: TopicNames;
  database: Database;
  logger: Logger;
  group: string;
  types: readonly EventType[];
  handler: (event: EventOf<EventType>, signal: AbortSignal) => Promise<void>;
  maxAttempts: number;
  concurrency: number;
  leaseMs: number;
  pollMs: number;
  retryDelays: RetryDelays;
  /** Runs before each connection. */
  prepare(): Promise<void>;
  count(outcome: 'handled' | 'retried' | 'dead'): void;
  /** Publishes a dead letter. */
  publishDeadLetter(letter: DeadLetterMessage): Promise<void>;
};

/** Messages of a group that a process holds; more are not read. */
const maxInHand = 1_000;
/** How long handlers in progress may go on at a stop, within the 5 s that a process has. */
const drainMs = 3_000;

/**
 * One group's subscription: messages go straight to the handler, those of a subject one after another. One that fails is parked in
 * PostgreSQL's queue, which tries it again, and so is what comes after it of the same subject.
 */
export function subscribeOverKafka(options: KafkaSubscriptionOptions) {
  const { database, group, names, maxAttempts, concurrency } = options;
  const logger = options.logger.child({ group });
  const types = new Set<string>(options.types);
  const parked = parkedEvents(database, group);
  const places = bulkhead(concurrency, Number.POSITIVE_INFINITY);
  const lanes = createLanes();
  const handled = new LRUCache<string, true>({ max: 10_000 });
  const stopping = new AbortController();
  const abort = new AbortController();
  let waitingSubjects = new Set<string>();

  const handler = (event: EventOf<EventType>, signal: AbortSignal) =>
    places.execute(() => options.handler(event, signal));

  const retrying = startConsumer({
    ...options,
    handler,
    async onDeath({ envelope, attempts }: Delivery, reason) {
      const { type = '', subject = '' } = envelope as { type?: string; subject?: string };
      const topic = names.deadLettersOf(names.of(type));
      await options.publishDeadLetter({ topic, subject, envelope, group, reason, attempts });
    },
  });

  async function refresh(): Promise<void> {
    waitingSubjects = new Set(await parked.subjects());
  }

  async function park(event: Omit<ParkedEvent, 'delayMs' | 'isDead'> & { delayMs?: number }): Promise<void> {
    waitingSubjects.add(event.subject);
    await parked.park({ delayMs: 0, isDead: false, ...event });
    retrying.wake();
    if (event.delayMs) setTimeout(retrying.wake, event.delayMs + 5).unref();
  }

  async function isWaiting(subject: string): Promise<boolean> {
    if (!waitingSubjects.has(subject)) return false;
    if ((await parked.subjects(subject)).length > 0) return true;
    waitingSubjects.delete(subject);
    return false;
  }

  async function handle(message: KafkaMessage, read: ReturnType<typeof readMessage>): Promise<void> {
    if (read.kind === 'other') return;
    if (read.kind === 'unfit') return bury(message, read);
    const { id, event } = read;
    if (handled.has(id)) return;
    const { type, subject } = event;
    const row = { id, envelope: event, type, subject };
    if (await isWaiting(subject)) await park({ ...row, attempts: 0, reason: null });
    else {
      try {
        await handler(event, abort.signal);
        options.count('handled');
      } catch (error) {
        if (abort.signal.aborted) throw error;
        const reason = reasonOf(error);
        const delayMs = maxAttempts > 1 ? retryDelay(1, options.retryDelays) : 0;
        logger.warn({ eventId: event.id, attempts: 1, reason, wait: delayMs }, 'event handler failed');
        options.count('retried');
        // The handler is not run again for what could not be parked.
        await untilItSucceeds(() => park({ ...row, attempts: 1, reason, delayMs }));
      }
    }
    handled.set(id, true);
  }

  async function bury(
    message: KafkaMessage,
    read: { id: string; type: string | undefined; reason: string; envelope: unknown },
  ): Promise<void> {
    const { id, reason, envelope } = read;
    const subject = message.key?.toString('utf8').replaceAll('\0', '').slice(0, 200) ?? '';
    const type = read.type ?? [...types][0] ?? '';
    logger.error({ message: id, reason }, 'event moved to the dead letters');
    const topic = names.deadLettersOf(message.topic);
    await options.publishDeadLetter({ topic, subject, envelope, group, reason, attempts: 1 });
    await parked.park({ id, envelope, type, subject, attempts: 1, reason, delayMs: 0, isDead: true });
    options.count('dead');
  }

  async function untilItSucceeds(work: () => Promise<void>): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        logger.warn({ err: error }, 'an event is not done with, trying again');
        await delay(retryDelay(failures, options.retryDelays), undefined, { signal: stopping.signal });
      }
    }
  }

  async function accept(message: KafkaMessage, progress: PartitionProgress, done: () => void): Promise<void> {
    await lanes.below(maxInHand);
    const read = readMessage(message, types, names);
    if (read.kind === 'other') return done();
    const subject = read.kind === 'event' ? read.event.subject : String(message.key);
    lanes.add(subject, async () => {
      if (progress.isDropped || stopping.signal.aborted) return;
      await untilItSucceeds(() => handle(message, read));
      done();
    });
  }

  const consumer = startGroupConsumer({
    ...options,
    logger,
    groupId: names.group(group),
    topics: names.with(options.types),
    sessionMs: options.leaseMs,
    async prepare() {
      await options.prepare();
      await refresh();
    },
    accept,
  });

  const begun = consumer.begun.then(() => untilItSucceeds(retrying.register));
  begun.catch(() => {});

  return {
    consumer,
    /** Resolves when both Kafka and PostgreSQL know the group. */
    begun,
    /** PostgreSQL keeps what waits for the group. */
    register: retrying.register,
    async wake() {
      await refresh().catch(() => {});
      retrying.wake();
    },
    async stop() {
      stopping.abort();
      consumer.pause();
      await within(drainMs, Promise.all([lanes.below(1), retrying.stop()])).catch(() => {});
      abort.abort();
      await consumer.stop();
    },
  };
}
