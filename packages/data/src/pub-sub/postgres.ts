import type { Logger } from '@gatehouse/service-kit';
import pg from 'pg';
import { listen } from './listener.ts';
import { assertChannel, encodeMessage, type PubSub } from './pub-sub.ts';
import { createSubscribers } from './subscribers.ts';

/** All channels travel on one NOTIFY channel: nothing to LISTEN to anew, and no name to quote. */
const notifyChannel = 'gatehouse';

export type PostgresPubSubOptions = { url: string; logger: Logger; heartbeatMs?: number };

/**
 * The pub/sub port over LISTEN/NOTIFY on one connection of its own, which comes back by itself. Opens at once.
 */
export function openPostgresPubSub(options: PostgresPubSubOptions): PubSub {
  const { logger } = options;
  const subscribers = createSubscribers(logger);
  let closed = false;

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
    onPayload: subscribers.deliver,
    onConnected: subscribers.setConnected,
    onError: (error) => logger.warn({ err: error }, 'pub/sub connection failed, trying again'),
  });

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
      const remove = subscribers.add(assertChannel(channel), onMessage);
      await subscribers.connected();
      return async () => void remove();
    },
    onConnectionChange: subscribers.onConnectionChange,
    async close() {
      if (closed) return;
      closed = true;
      subscribers.close();
      await Promise.all([listener.close(), pool.end()]);
    },
  };
}
