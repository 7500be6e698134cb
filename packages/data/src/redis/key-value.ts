import { assertKey, assertTtl, type KeyValue } from '../key-value/key-value.ts';
import { prefix, type RedisClient, type RedisConnection } from './connection.ts';

/** Counts, and gives a key its time when this call made it. */
const increment = `local count = redis.call('INCR', KEYS[1])
if count == 1 and ARGV[1] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`;

type Client = RedisClient & { gatehouseIncrement(key: string, ttlMs: number | ''): Promise<number> };

const keyOf = (key: string): string => prefix + assertKey(key);

/** Redis has whole milliseconds, and refuses none. */
function millisecondsOf(ttlSeconds: number | undefined): number | undefined {
  const seconds = assertTtl(ttlSeconds);
  return seconds === null ? undefined : Math.max(1, Math.ceil(seconds * 1000));
}

/** The key-value port over Redis. Commands of one turn travel together; each has one key, so that a cluster takes them. */
export function openRedisKeyValue(connection: Pick<RedisConnection, 'client'>): KeyValue {
  const client = connection.client as Client;
  client.defineCommand('gatehouseIncrement', { numberOfKeys: 1, lua: increment });

  const find = async (key: string) => (await client.get(key)) ?? undefined;

  return {
    get: async (key) => await find(keyOf(key)),
    getMany: async (keys) => await Promise.all(keys.map(keyOf).map(find)),
    async set(key, value, { ttlSeconds } = {}) {
      const ttl = millisecondsOf(ttlSeconds);
      if (ttl === undefined) await client.set(keyOf(key), value);
      else await client.set(keyOf(key), value, 'PX', ttl);
    },
    async setIfAbsent(key, value, { ttlSeconds } = {}) {
      const ttl = millisecondsOf(ttlSeconds);
      if (ttl === undefined) return (await client.set(keyOf(key), value, 'NX')) === 'OK';
      return (await client.set(keyOf(key), value, 'PX', ttl, 'NX')) === 'OK';
    },
    take: async (key) => (await client.getdel(keyOf(key))) ?? undefined,
    async delete(keys) {
      await Promise.all(keys.map(keyOf).map((key) => client.unlink(key)));
    },
    increment: async (key, { ttlSeconds } = {}) =>
      await client.gatehouseIncrement(keyOf(key), millisecondsOf(ttlSeconds) ?? ''),
    async ping() {
      // Not PING: a cluster answers that while some of its keys are out of reach.
      await client.get(keyOf('ping'));
    },
    close: async () => {},
  };
}
