/** What is counted under a key, and when that begins anew. */
export type Count = { used: number; resetMs: number };

/**
 * Where points are counted, in windows that start with a key's first points. In memory the answer is there at once; a store
 * that processes share may answer later.
 */
export interface RateStore {
  /** Adds points (negative ones take some back) and answers the new count. */
  add(key: string, points: number, windowSeconds: number): Count | Promise<Count>;
  /** The count, nothing added; undefined when there is none. */
  read(key: string): Count | undefined | Promise<Count | undefined>;
}

/** Goes on with a count now, or when it is there. */
export function afterwards<T>(
  count: T | Promise<T>,
  next: (count: T) => void | Promise<void>,
): void | Promise<void> {
  return count instanceof Promise ? count.then(next) : next(count);
}
