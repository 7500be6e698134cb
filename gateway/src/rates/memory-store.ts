// The counter behind RateLimiterMemory, whose own methods answer promises: a request would make three of them.
import MemoryStorage from 'rate-limiter-flexible/lib/component/MemoryStorage/MemoryStorage.js';
import type { Count, RateStore } from './store.ts';

/** New keys in a window; a key takes about 300 bytes. */
const maxKeys = 200_000;

/**
 * Counts in this process. When more keys come up in a window than there is room for, the new ones share one count: whoever
 * has addresses without end runs into it, and nobody's own count is forgotten for theirs.
 */
export function createMemoryStore(options: { maxKeys?: number } = {}): RateStore {
  const most = options.maxKeys ?? maxKeys;
  const storage = new MemoryStorage();
  let fresh = 0;
  let since = Date.now();

  const countOf = ({ consumedPoints, msBeforeNext }: Stored): Count => ({
    used: consumedPoints,
    resetMs: msBeforeNext,
  });

  const shared = (key: string) => `everybody else ${key.slice(0, key.indexOf(' '))}`;

  return {
    add(key, points, windowSeconds) {
      if (fresh < most) {
        const stored: Stored = storage.incrby(key, points, windowSeconds);
        if (stored.isFirstInDuration) fresh += 1;
        return countOf(stored);
      }
      if (Date.now() - since > windowSeconds * 1000) {
        fresh = 0;
        since = Date.now();
      }
      const isKnown = storage.get(key) !== null;
      return countOf(storage.incrby(isKnown ? key : shared(key), points, windowSeconds));
    },
    read(key) {
      const stored = storage.get(key);
      return stored === null ? undefined : countOf(stored);
    },
  };
}

type Stored = { consumedPoints: number; msBeforeNext: number; isFirstInDuration: boolean };
