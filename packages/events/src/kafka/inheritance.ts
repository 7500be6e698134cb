import type { KafkaMessage } from './messages.ts';

type Assignments = readonly { topic: string; partitions: readonly number[] }[];

/** Messages that a process holds at most; more are not read. */
export const maxInHand = 1_000;

/**
 * What a process takes over with a partition that it did not have before: messages that were there already, as many as another may have
 * had in hand when it went. One of them may be what ended it.
 */
export function createInheritance() {
  const own = new Set<string>();
  const taken = new Map<string, { at: number; left: number }>();

  return {
    /** The partitions that are this process's from now on. Those that it had, and only lost touch with, are nothing new. */
    take(assignments: Assignments): void {
      const kept = new Set(
        assignments.flatMap(({ topic, partitions }) =>
          partitions.map((partition) => `${topic}:${partition}`),
        ),
      );
      for (const key of own) {
        if (kept.has(key)) continue;
        own.delete(key);
        taken.delete(key);
      }
      for (const key of kept) {
        if (own.has(key)) continue;
        own.add(key);
        taken.set(key, { at: Date.now(), left: maxInHand });
      }
    },
    /** Whether the next message of a partition is one of them. */
    holds({ topic, partition, timestamp }: Pick<KafkaMessage, 'topic' | 'partition' | 'timestamp'>): boolean {
      const key = `${topic}:${partition}`;
      const from = taken.get(key);
      if (!from) return false;
      if (from.left > 0 && Number(timestamp) < from.at) {
        from.left -= 1;
        return true;
      }
      taken.delete(key);
      return false;
    },
  };
}
