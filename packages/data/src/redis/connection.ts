import { type Logger, StartupError } from '@gatehouse/service-kit';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describeConnectionError } from '../connection-error.ts';
import { describeRedis, parseRedisUrl, type RedisAddress, type RedisTarget } from './redis-url.ts';

export type RedisClient = Redis | Cluster;

export type RedisConnection = {
  /** For commands. They fail at once while the connection is lost, and after a second without an answer. */
  client: RedisClient;
  publish(channel: string, payload: string): Promise<void>;
  /** A connection for SUBSCRIBE, not yet connected, that does not come back by itself. */
  subscriber(): Redis;
  /**
   * Waits some seconds for the first connection. False when there is none yet, which is only logged: what is here can be
   * done without. StartupError when the server refuses us.
   */
  ready(): Promise<boolean>;
  close(): Promise<void>;
};

/** Everything of ours, so that an ACL (`~gatehouse:* &gatehouse:*`) can grant it and nothing else. */
export const prefix = 'gatehouse:';

/** By a key of the channel's name, so that a cluster has one node for it, as it has for a key: messages keep their order. */
const publish = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;
type Publishing = RedisClient & { gatehousePublish(channel: string, payload: string): Promise<number> };

const commandMs = 1_000;
/** A server that says nothing for so long, though it was asked, is given up and connected to anew. */
const silentMs = 1_500;
const connectMs = 2_000;
const firstConnectionMs = 3_000;

const backoffMs = (times: number): number =>
  Math.min(50 * 2 ** Math.min(times, 6), 2_000) + Math.random() * 50;

/** Connects to the server, Sentinel group or cluster that the URL names, and comes back by itself whenever it is lost. */
export function openRedis(options: { url: string; logger: Logger }): RedisConnection {
  const target = parseRedisUrl(options.url);
  if (!target) throw new StartupError('REDIS_URL is no Redis URL.');
  const { logger } = options;
  const client = target.kind === 'cluster' ? clusterClient(target) : new Redis(serverOptions(target));
  client.defineCommand('gatehousePublish', { numberOfKeys: 1, lua: publish });
  let attempt = 0;
  let lost = false;
  let refusal: Error | undefined;

  client.on('ready', () => {
    if (lost) logger.warn('Redis is back');
    lost = false;
  });
  // Once per outage, not once per attempt. A cluster tells of its nodes' errors as its own.
  client.on('error', (err: Error) => {
    if (
      /WRONGPASS|NOAUTH|NOPERM/.test(
        `${err.message} ${(err as { lastNodeError?: Error }).lastNodeError?.message}`,
      )
    )
      refusal = err;
    if (!lost) logger.warn({ err }, 'Redis is lost; going on without it');
    lost = true;
  });

  return {
    client,
    async publish(channel, payload) {
      if (target.kind === 'cluster') await (client as Publishing).gatehousePublish(channel, payload);
      else await client.publish(channel, payload);
    },
    subscriber: () =>
      new Redis({
        ...serverOptions(target, attempt++),
        lazyConnect: true,
        autoResubscribe: false,
        retryStrategy: null,
      }),
    async ready() {
      const deadline = Date.now() + firstConnectionMs;
      while (client.status !== 'ready' && Date.now() < deadline && !refusal)
        await new Promise((resolve) => setTimeout(resolve, 20));
      if (client.status === 'ready') return true;
      if (!refusal) return false;
      client.disconnect();
      throw new StartupError(
        `Redis at ${describeRedis(target)} can't be used: ${describeConnectionError(refusal)}`,
      );
    },
    async close() {
      client.disconnect();
    },
  };
}

const common = ({ tls, username, password, db }: RedisTarget): RedisOptions => ({
  ...(tls ? { tls: {} } : {}),
  username,
  password,
  db,
  connectionName: 'gatehouse',
  commandTimeout: commandMs,
  socketTimeout: silentMs,
  connectTimeout: connectMs,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // A server that a failover has made a replica: the connection is made anew, to the new one.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
});

/** Of one server: for a cluster the n-th of its nodes, any of which passes on what is published. */
function serverOptions(target: RedisTarget, attempt = 0): RedisOptions {
  const { addresses, tls, kind } = target;
  const options: RedisOptions = {
    ...common(target),
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: backoffMs,
  };
  if (kind !== 'sentinel') return { ...options, ...(addresses[attempt % addresses.length] as RedisAddress) };
  return {
    ...options,
    sentinels: addresses.map((address) => ({ ...address })),
    name: target.master,
    sentinelUsername: target.sentinelUsername,
    sentinelPassword: target.sentinelPassword,
    sentinelCommandTimeout: commandMs,
    sentinelRetryStrategy: backoffMs,
    enableTLSForSentinelMode: tls,
    ...(tls ? { sentinelTLS: {} } : {}),
  };
}

const clusterClient = (target: RedisTarget): Cluster =>
  new Cluster(
    target.addresses.map((address) => ({ ...address })),
    {
      redisOptions: common(target),
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      clusterRetryStrategy: backoffMs,
      maxRedirections: 4,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 50,
      // Certificates name hosts, not the addresses behind them.
      ...(target.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    },
  );
