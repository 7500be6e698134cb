import { randomUUID } from 'node:crypto';
import type { Logger } from '@gatehouse/service-kit';
import { ExponentialBackoff, handleAll, retry } from 'cockatiel';
import type { Redis } from 'ioredis';
import { assertChannel, encodeMessage, type PubSub } from '../pub-sub/pub-sub.ts';
import { createSubscribers } from '../pub-sub/subscribers.ts';
import { prefix, type RedisConnection } from './connection.ts';

export type RedisPubSubOptions = {
  connection: Pick<RedisConnection, 'publish' | 'subscriber'>;
  logger: Logger;
  /** How often what this process publishes to itself has to come back; twice missed, the connection is given up. */
  heartbeatMs?: number;
};

const firstBeatMs = 1_000;

/**
 * The pub/sub port over Redis: a channel for each of ours, on one connection of its own. It counts as connected while
 * messages that this process publishes reach it: a server that stands still, or one that a failover has left behind, is noticed.
 */
export function openRedisPubSub(options: RedisPubSubOptions): PubSub {
  const { connection, logger, heartbeatMs = 500 } = options;
  const closing = new AbortController();
  const subscribers = createSubscribers(logger);
  const ownChannel = `${prefix}heartbeat:${randomUUID()}`;
  let link: Redis | undefined;
  let missed = 0;
  let beat = () => {};

  const policy = retry(handleAll, {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }),
  }).dangerouslyUnref();

  const publishBeat = () => connection.publish(ownChannel, '');

  async function connect(): Promise<void> {
    const next = connection.subscriber();
    next.on('error', () => {});
    next.on('message', (channel, payload) => {
      if (channel === ownChannel) beat();
      else subscribers.deliver(payload);
    });
    try {
      await next.connect();
      await next.subscribe(ownChannel);
      await firstBeat();
      const done = new Set<string>();
      for (let left = subscribers.channels(); left.length > 0; ) {
        await next.subscribe(...left.map((channel) => prefix + channel));
        for (const channel of left) done.add(channel);
        left = subscribers.channels().filter((channel) => !done.has(channel));
      }
      if (closing.signal.aborted) throw new Error('closed');
    } catch (error) {
      next.disconnect();
      throw error;
    }
    link = next;
    missed = 0;
    beat = () => {
      missed = 0;
    };
    next.once('close', () => lost(next));
    subscribers.setConnected(true);
  }

  async function firstBeat(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    beat = resolve;
    const timer = setTimeout(() => reject(new Error('what is published does not arrive')), firstBeatMs);
    publishBeat().catch(reject);
    await promise.finally(() => clearTimeout(timer));
  }

  function lost(from: Redis): void {
    if (link !== from) return;
    link = undefined;
    from.disconnect();
    if (closing.signal.aborted) return;
    subscribers.setConnected(false);
    void open();
  }

  const open = () => policy.execute(connect, closing.signal).catch(() => {});
  void open();

  // By turns, not by the clock: a process that was held up itself has not lost its connection.
  const heartbeat = setInterval(() => {
    if (!link) return;
    if (missed >= 2) return lost(link);
    missed += 1;
    publishBeat().catch(() => {});
  }, heartbeatMs).unref();

  return {
    async publish(channel, message) {
      const payload = encodeMessage(channel, message);
      await connection.publish(prefix + channel, payload);
    },
    async subscribe(channel, onMessage) {
      const remove = subscribers.add(assertChannel(channel), onMessage);
      const current = link;
      if (current) await current.subscribe(prefix + channel).catch(() => lost(current));
      if (!link) await subscribers.connected();
      return async () => {
        if (remove()) await link?.unsubscribe(prefix + channel).catch(() => {});
      };
    },
    onConnectionChange: subscribers.onConnectionChange,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      clearInterval(heartbeat);
      subscribers.close();
      link?.disconnect();
    },
  };
}
