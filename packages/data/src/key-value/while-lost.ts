import type { Logger } from '@gatehouse/service-kit';
import { assertKey, assertTtl, type KeyValue } from './key-value.ts';

/** Counters and marks kept in this process at most; the oldest go first. */
const maxKeys = 50_000;

/**
 * A store that may be lost without harm: while it is, reads find nothing, counters and marks (`increment`, `setIfAbsent`) go
 * on in this process by themselves, and everything else throws as it did. A mark made meanwhile stays one when the store is back.
 */
export function whileLost(store: KeyValue, options: { logger: Logger }): KeyValue {
  const { logger } = options;
  const own = new Map<string, { value: string; expiresAt: number }>();
  let lost = false;

  async function attempt<T>(work: () => Promise<T>, instead: () => T): Promise<T> {
    try {
      const answer = await work();
      lost = false;
      return answer;
    } catch (err) {
      // A key or a time that is not allowed stays the caller's mistake.
      if (err instanceof RangeError) throw err;
      if (!lost) logger.warn({ err }, 'the cache does not answer: counters go on in this process');
      lost = true;
      return instead();
    }
  }

  function ownValue(key: string): string | undefined {
    const known = own.get(key);
    if (known && known.expiresAt > Date.now()) return known.value;
    own.delete(key);
    return undefined;
  }

  function setHere(key: string, value: string, ttlSeconds: number | undefined): void {
    const ttl = assertTtl(ttlSeconds);
    if (own.size >= maxKeys) own.delete(own.keys().next().value ?? '');
    own.set(assertKey(key), { value, expiresAt: ttl ? Date.now() + ttl * 1000 : Number.POSITIVE_INFINITY });
  }

  function markHere(key: string, value: string, ttlSeconds: number | undefined): boolean {
    if (ownValue(key) !== undefined) return false;
    setHere(key, value, ttlSeconds);
    return true;
  }

  function countHere(key: string, ttlSeconds: number | undefined): number {
    const count = Number(ownValue(key) ?? 0) + 1;
    const known = own.get(key);
    if (known) known.value = String(count);
    else setHere(key, String(count), ttlSeconds);
    return count;
  }

  return {
    ...store,
    forgets: true,
    get: (key) =>
      attempt(
        () => store.get(key),
        () => ownValue(key),
      ),
    getMany: (keys) =>
      attempt(
        () => store.getMany(keys),
        () => keys.map(ownValue),
      ),
    async delete(keys) {
      for (const key of keys) own.delete(key);
      await store.delete(keys);
    },
    setIfAbsent: (key, value, { ttlSeconds } = {}) =>
      attempt(
        async () => ownValue(key) === undefined && (await store.setIfAbsent(key, value, { ttlSeconds })),
        () => markHere(key, value, ttlSeconds),
      ),
    increment: (key, { ttlSeconds } = {}) =>
      attempt(
        () => store.increment(key, { ttlSeconds }),
        () => countHere(key, ttlSeconds),
      ),
  };
}
