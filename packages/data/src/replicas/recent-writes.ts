import { within } from '@gatehouse/service-kit';
import type { KeyValue } from '../key-value/key-value.ts';

/** Who has written a moment ago, and must see it; known to all processes. */
export type RecentWrites = {
  note(caller: string): Promise<void>;
  has(caller: string): Promise<boolean>;
  /** Whether notes can't be taken or read for now, so that anybody may have written. */
  areLost(): boolean;
  /** Finds out whether they can be. */
  check(): Promise<void>;
};

const answerWithinMs = 1_000;

/** Notes stand for `seconds`, by which time every replica in use has what was written. */
export function createRecentWrites(keyValue: KeyValue, seconds: number): RecentWrites {
  const keyOf = (caller: string) => `wrote:${caller}`;
  let answers = false;
  /** Until when something is missing among the notes. */
  let incompleteUntil = 0;
  return {
    async note(caller) {
      try {
        await keyValue.set(keyOf(caller), '1', { ttlSeconds: seconds });
      } catch {
        incompleteUntil = performance.now() + seconds * 1_000;
      }
    },
    has: (caller) =>
      within(answerWithinMs, keyValue.get(keyOf(caller))).then(
        (note) => note !== undefined,
        () => true,
      ),
    areLost: () => !answers || performance.now() < incompleteUntil,
    async check() {
      // By writing: a store with a full disk still answers whoever reads.
      const noted = keyValue.set(keyOf(''), '1', { ttlSeconds: seconds });
      answers = await within(answerWithinMs, noted).then(
        () => true,
        () => false,
      );
    },
  };
}
