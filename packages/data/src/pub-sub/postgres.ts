import type { Logger } from '@gatehouse/service-kit';
import pg from 'pg';
import { listen } from './listener.ts';
import { assertChannel, encodeMessage, type PubSub } from './pub-sub.ts';

/** All channels travel on one NOTIFY channel: nothing to LISTEN to anew, and no name to quote. */
const notifyChannel = 'gatehouse';

export type PostgresPubSubOptions = { url: string; logger: Logger; heartbeatMs?: number };

/**
 * The pub/sub port over LISTEN/NOTIFY on one connection of its own, which comes back by itself. Opens at once;
 * `subscribe` waits until it is connected.
 */
export function openPostgresPubSub(options: PostgresPubSubOptions): PubSub {
  const { logger } = options;
  const subscribers = new Map<string, Set<(message: never) => void>>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  let connected = false;
  let closed = false;
  let waiting: (() => void)[] = [];

  const pool = new pg.Pool({
    connectionString: options.url,
    max: 2,
    application_name: 'gatehouse notify',
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const listener = listen({
    url: options.url,
    channel: notifyChannel,
    heartbeatMs: options.heartbeatMs ?? 2_000,
    onPayload: deliver,
    onConnected: (now) => setConnected(now),
    onError: (error) => logger.warn({ err: error }, 'pub/sub connection failed, trying again'),
  });

  function deliver(payload: string): void {
    const end = payload.indexOf('\n');
    const set = subscribers.get(payload.slice(0, end));
    if (!set) return;
    for (const onMessage of set) {
      try {
        onMessage(JSON.parse(payload.slice(end + 1)) as never);
      } catch (error) {
        logger.error({ err: error, channel: payload.slice(0, end) }, 'a pub/sub listener failed');
      }
    }
  }

  function setConnected(now: boolean): void {
    if (closed || connected === now) return;
    connected = now;
    for (const tell of connectionListeners) tell(now);
    if (now) release();
  }

  function release(): void {
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    async publish(channel, message) {
      const payload = encodeMessage(channel, message);
      await pool.query({
        name: 'notify',
        text: 'select pg_notify($1, $2)',
        values: [notifyChannel, payload],
      });
    },
    async subscribe(channel, onMessage) {
      const set = subscribers.get(assertChannel(channel)) ?? new Set();
      // A function of its own per call: the same listener may be subscribed twice.
      const entry = (message: never) => onMessage(message);
      subscribers.set(channel, set.add(entry));
      if (!connected && !closed) await new Promise<void>((resolve) => waiting.push(resolve));
      return async () => {
        set.delete(entry);
        if (set.size === 0 && subscribers.get(channel) === set) subscribers.delete(channel);
      };
    },
    onConnectionChange(tell) {
      connectionListeners.add(tell);
      tell(connected);
      return () => connectionListeners.delete(tell);
    },
    async close() {
      if (closed) return;
      closed = true;
      release();
      await Promise.all([listener.close(), pool.end()]);
    },
  };
}
