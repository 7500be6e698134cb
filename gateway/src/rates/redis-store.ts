import type { RedisClient } from '@gatehouse/data/redis';
import type { Logger } from '@gatehouse/service-kit';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterRedis from 'rate-limiter-flexible/lib/RateLimiterRedis.js';
import { createMemoryStore } from './memory-store.ts';
import type { Count, RateStore } from './store.ts';

/** How long this process counts by itself after Redis has failed to answer, before it is asked again. */
const aloneMs = 500;

/**
 * Counts in Redis, for all gateways together. While Redis is lost each process counts by itself, from nothing: nobody is refused for the
 * loss, and who is spread over n processes may use up to n times a quota.
 */
export function createRedisStore(redis: RedisClient, logger: Logger): RateStore {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: 'gatehouse:rate',
    points: Number.MAX_SAFE_INTEGER,
    // Each count says its own.
    duration: 60,
    rejectIfRedisNotReady: true,
  });
  const memory = createMemoryStore();
  let aloneUntil = 0;
  let lost = false;

  const together = async <T>(count: () => Promise<T>, alone: () => T | Promise<T>): Promise<T> => {
    if (Date.now() < aloneUntil) return alone();
    try {
      const answer = await count();
      lost = false;
      return answer;
    } catch (err) {
      aloneUntil = Date.now() + aloneMs;
      if (!lost) logger.warn({ err }, 'rate limits are counted in this process: Redis does not answer');
      lost = true;
      return alone();
    }
  };

  return {
    add: (key, points, windowSeconds) =>
      together(
        async () => countOf(await limiter.penalty(key, whole(points), { customDuration: windowSeconds })),
        () => memory.add(key, points, windowSeconds),
      ),
    read: (key) =>
      together(
        async () => {
          const stored = await limiter.get(key);
          return stored === null ? undefined : countOf(stored);
        },
        () => memory.read(key),
      ),
  };
}

/** Redis counts in whole numbers; what is taken back is what was given. */
const whole = (points: number): number => Math.sign(points) * Math.ceil(Math.abs(points));

const countOf = ({ consumedPoints, msBeforeNext }: RateLimiterRes): Count => ({
  used: consumedPoints,
  resetMs: Math.max(0, msBeforeNext),
});
