import { ExponentialBackoff, halfJitterGenerator, type IBackoff } from 'cockatiel';

export type RetryDelays = { initialMs: number; maxMs: number };

export const defaultDelays: RetryDelays = { initialMs: 200, maxMs: 60_000 };

/** Milliseconds until the next try after so many failed ones: doubling, with jitter, bounded. */
export function retryDelay(failures: number, { initialMs, maxMs }: RetryDelays): number {
  const options = { initialDelay: initialMs, maxDelay: maxMs, exponent: 2, generator: halfJitterGenerator };
  return Math.round(halfJitterGenerator(failures - 1, options)[0]);
}

/** The same for a loop: `next` after each failure, `reset` after a success. */
export function backoffLoop({ initialMs, maxMs }: RetryDelays) {
  const factory = new ExponentialBackoff({ initialDelay: initialMs, maxDelay: maxMs });
  let current: IBackoff<unknown> | undefined;
  return {
    next(): number {
      current = current ? current.next(undefined) : factory.next();
      return current.duration;
    },
    reset() {
      current = undefined;
    },
  };
}
