import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@gatehouse/data';
import { type Logger, within } from '@gatehouse/service-kit';
import { type Admin, Consumer, type MessagesStream } from '@platformatic/kafka';
import { backoffLoop } from '../bus/backoff.ts';
import type { Unread } from '../bus/measure-bus.ts';
import { beginGroup } from './group-start.ts';
import type { KafkaMessage } from './messages.ts';
import { createPartitionProgress, type PartitionProgress } from './partition-progress.ts';
import { clientOptions, type KafkaSettings } from './settings.ts';

export type GroupConsumerOptions = {
  settings: KafkaSettings;
  admin: Admin;
  database: Database;
  logger: Logger;
  group: string;
  groupId: string;
  topics: readonly string[];
  /** Runs before each connection. */
  prepare(): Promise<void>;
  /** Takes a message, waiting while there is no room; `done` is called once it need not come again. */
  accept(message: KafkaMessage, progress: PartitionProgress, done: () => void): Promise<void>;
  /** How long a member that gives no sign of life keeps its partitions. */
  sessionMs: number;
};

export type GroupConsumer = {
  /** Resolves when Kafka knows where the group begins. */
  begun: Promise<void>;
  /** Resolves when it has got its share of the partitions for the first time. */
  joined: Promise<void>;
  /** What the group has not handled, and for how long, as far as this process knows. */
  unread(): Promise<Unread>;
  /** Takes no more messages. */
  pause(): void;
  /** Tells Kafka how far it came, and leaves. */
  stop(): Promise<void>;
};

const commitEveryMs = 250;
const stopMs = 1_000;

/** A member of a consumer group that connects again, by itself, whenever it is lost. */
export function startGroupConsumer(options: GroupConsumerOptions): GroupConsumer {
  const { settings, logger, topics, groupId, sessionMs } = options;
  // By which a member that comes back is known at once, instead of when its earlier self is given up.
  const groupInstanceId = randomUUID();
  const since = Date.now();
  const backoff = backoffLoop({ initialMs: 100, maxMs: 2_000 });
  const stopping = new AbortController();
  const begun = Promise.withResolvers<void>();
  const joined = Promise.withResolvers<void>();
  const pausing = new AbortController();
  const partitions = new Map<string, PartitionProgress>();
  let current: { consumer: Consumer; stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> } | undefined;
  let assigned = new Set<string>();
  let isLost = false;

  const connect = () =>
    new Consumer({
      ...clientOptions(settings),
      groupId,
      groupInstanceId,
      requestTimeout: sessionMs + 2_000,
      sessionTimeout: sessionMs,
      rebalanceTimeout: sessionMs,
      heartbeatInterval: Math.min(1_000, sessionMs / 3),
      autocommit: false,
      maxWaitTime: 500,
    });

  async function consume(): Promise<void> {
    const consumer = connect();
    let stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
    const fail = (error: Error) => stream?.destroy(error);
    consumer.on('error', fail);
    consumer.on('consumer:heartbeat:stalled', () =>
      fail(new Error('Kafka does not answer to signs of life')),
    );
    try {
      await options.prepare();
      await within(10_000, beginGroup(consumer, { ...options, since }));
      begun.resolve();
      consumer.on('consumer:group:join', ({ assignments = [] }) => keepOnly(assignments));
      stream = await within(
        3 * sessionMs,
        consumer.consume({
          topics: [...topics],
          mode: 'committed',
          fallbackMode: 'earliest',
          autocommit: false,
          highWaterMark: 256,
        }),
      );
      if (pausing.signal.aborted) return;
      current = { consumer, stream };
      joined.resolve();
      // Before somebody else gets the partitions.
      consumer.on('consumer:group:rebalance', tell);
      if (isLost) logger.info('events are read again');
      isLost = false;
      backoff.reset();
      for await (const message of stream) {
        if (pausing.signal.aborted) return;
        const progress = progressOf(message);
        // A request that was under way when the partition went to somebody else.
        if (!progress) continue;
        if (!progress.begin(message.offset, message.timestamp)) continue;
        await options.accept(message, progress, () => progress.finish(message.offset));
      }
      if (!pausing.signal.aborted) throw new Error('the stream of events ended');
    } finally {
      // What is in hand at a stop may still be committed.
      if (pausing.signal.aborted && !stopping.signal.aborted) await once(stopping.signal, 'abort');
      current = undefined;
      keepOnly([]);
      await leave(consumer, stream);
    }
  }

  function progressOf({ topic, partition }: KafkaMessage): PartitionProgress | undefined {
    const key = `${topic}:${partition}`;
    const known = partitions.get(key);
    if (known || !assigned.has(key)) return known;
    const progress = createPartitionProgress();
    partitions.set(key, progress);
    return progress;
  }

  function keepOnly(assignments: readonly { topic: string; partitions: readonly number[] }[]): void {
    const kept = new Set(
      assignments.flatMap((one) => one.partitions.map((partition) => `${one.topic}:${partition}`)),
    );
    assigned = kept;
    for (const [key, progress] of partitions) {
      if (kept.has(key)) continue;
      progress.drop();
      partitions.delete(key);
    }
  }

  async function commit(): Promise<void> {
    const moved = [...partitions].flatMap(([key, progress]) => {
      const offset = progress.committable();
      const at = key.lastIndexOf(':');
      if (offset === undefined) return [];
      return [
        { progress, offset, topic: key.slice(0, at), partition: Number(key.slice(at + 1)), leaderEpoch: -1 },
      ];
    });
    if (!current || moved.length === 0) return;
    await within(
      sessionMs,
      current.consumer.commit({
        offsets: moved.map(({ topic, partition, offset, leaderEpoch }) => ({
          topic,
          partition,
          offset,
          leaderEpoch,
        })),
      }),
    );
    for (const { progress, offset } of moved) progress.committed(offset);
  }

  // What was not told comes again, and is known by its id.
  const tell = () =>
    commit().catch((error: unknown) => logger.debug({ err: error }, 'offsets were not committed'));

  async function run(): Promise<void> {
    while (!pausing.signal.aborted) {
      await consume().catch((error: unknown) => {
        if (pausing.signal.aborted) return;
        if (!isLost) logger.warn({ err: error }, 'events can not be read, trying again');
        isLost = true;
      });
      await delay(backoff.next(), undefined, { signal: pausing.signal }).catch(() => {});
    }
  }

  let committing = Promise.resolve();
  const timer = setInterval(() => {
    committing = committing.then(tell);
  }, commitEveryMs).unref();
  const running = run();

  return {
    begun: begun.promise,
    joined: joined.promise,
    async unread() {
      const times = [...partitions.values()].flatMap((progress) => progress.oldest() ?? []);
      const oldestSeconds = times.length > 0 ? Math.max(0, Date.now() - Math.min(...times)) / 1_000 : 0;
      const messages = current ? await lagOf(current.consumer, topics).catch(() => 0) : 0;
      return { messages, oldestSeconds };
    },
    pause() {
      pausing.abort();
      current?.stream.pause();
    },
    async stop() {
      pausing.abort();
      clearInterval(timer);
      await within(stopMs, committing.then(tell)).catch(() => {});
      stopping.abort();
      current?.stream.destroy();
      await within(2 * stopMs, running).catch(() => {});
    },
  };
}

/** How far the group, in all its processes, is behind the ends of the topics. */
async function lagOf(consumer: Consumer, topics: readonly string[]): Promise<number> {
  const ends = await consumer.listOffsets({ topics: [...topics] });
  const asked = [...ends].map(([topic, offsets]) => ({
    topic,
    partitions: offsets.map((_, index) => index),
  }));
  const committed = await consumer.listCommittedOffsets({ topics: asked });
  let lag = 0n;
  for (const [topic, offsets] of ends) {
    for (const [partition, end] of offsets.entries()) {
      const at = committed.get(topic)?.[partition] ?? -1n;
      if (at >= 0n && end > at) lag += end - at;
    }
  }
  return Number(lag);
}

async function leave(
  consumer: Consumer,
  stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined,
): Promise<void> {
  stream?.destroy();
  await within(stopMs, consumer.close(true)).catch(() => {});
}
