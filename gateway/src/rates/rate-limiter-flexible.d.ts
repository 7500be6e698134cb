declare module 'rate-limiter-flexible/lib/component/MemoryStorage/MemoryStorage.js' {
  type Stored = { consumedPoints: number; msBeforeNext: number; isFirstInDuration: boolean };

  /** Counts by key, each in a window of its own. */
  export default class MemoryStorage {
    incrby(key: string, value: number, durationSec: number): Stored;
    get(key: string): Stored | null;
  }
}

declare module 'rate-limiter-flexible/lib/RateLimiterRedis.js' {
  export { RateLimiterRedis as default } from 'rate-limiter-flexible';
}
