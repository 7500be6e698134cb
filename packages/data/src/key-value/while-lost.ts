import type { Logger } from '@gatehouse/service-kit';
import type { KeyValue } from './key-value.ts';

/** Counters and marks kept in this process at most; the oldest go first. */
const maxKeys = 50_000;

/**
 * A store that may be lost without harm: while it is, reads find nothing, counters and marks (`increment`, `setIfAbsent`) go
 * on in this process by themselves, and everything else throws as it did.
 */
export function whileLost(store: KeyValue, options: { logger: Logger }): KeyValue {
  const { logger } = options;
  const own = new Map<string, { count: number; expiresAt: number }>();
  let lost = false;

  async function attempt<T>(work: () => Promise<T>, instead: () => T): Promise<T> {
    try {
      const answer = await work();
      if (lost) own.clear();
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

  function countHere(key: string, ttlSeconds: number | undefined): number {
    const known = own.get(key);
    if (known && known.expiresAt > Date.now()) return ++known.count;
    own.delete(key);
    if (own.size >= maxKeys) own.delete(own.keys().next().value ?? '');
    own.set(key, {
      count: 1,
      expiresAt: ttlSeconds ? Date.now() + ttlSeconds * 1000 : Number.POSITIVE_INFINITY,
    });
    return 1;
  }

  return {
    ...store,
    forgets: true,
    get: (key) =>
      attempt(
        () => store.get(key),
        () => undefined,
      ),
    getMany: (keys) =>
      attempt(
        () => store.getMany(keys),
        () => keys.map(() => undefined),
      ),
    setIfAbsent: (key, value, set) =>
      attempt(
        () => store.setIfAbsent(key, value, set),
        () => countHere(key, set?.ttlSeconds) === 1,
      ),
    increment: (key, set) =>
      attempt(
        () => store.increment(key, set),
        () => countHere(key, set?.ttlSeconds),
      ),
  };
}
