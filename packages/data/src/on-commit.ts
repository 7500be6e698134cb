import type { Executor } from './database.ts';

const marks = new WeakMap<object, Set<string>>();

/** The set that collects what `markTransaction` says about this transaction. */
export function marksOf(tx: Executor): Set<string> {
  const set = marks.get(tx) ?? new Set<string>();
  marks.set(tx, set);
  return set;
}

/**
 * Says that this transaction touches `topic`: listeners of `database.onCommit(topic)` in the same process are called
 * once it has committed. A hint to be quick, never the only signal: nested transactions and crashes lose it.
 */
export function markTransaction(tx: Executor, topic: string): void {
  marks.get(tx)?.add(topic);
}
