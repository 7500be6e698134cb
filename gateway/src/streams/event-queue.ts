/**
 * A bounded queue between a producer that does not wait and one consumer. `end` lets the last item through and nothing
 * after it.
 */
export function createEventQueue<T>(max: number) {
  const items: T[] = [];
  let ended = false;
  let waiting: ((item: T | undefined) => void) | undefined;

  const deliver = (item: T | undefined): boolean => {
    if (!waiting) return false;
    const resolve = waiting;
    waiting = undefined;
    resolve(item);
    return true;
  };

  return {
    /** False when the queue is full: the item was not taken. */
    push(item: T): boolean {
      if (ended || deliver(item)) return true;
      if (items.length >= max) return false;
      items.push(item);
      return true;
    },
    /** Ends the queue. With a last item, what waits before it is given up; without, it is delivered first. */
    end(last?: T): void {
      if (ended) return;
      ended = true;
      if (last !== undefined) items.length = 0;
      if (deliver(last)) return;
      if (last !== undefined) items.push(last);
    },
    /** The next item; undefined once the queue has ended. */
    async next(): Promise<T | undefined> {
      const item = items.shift();
      if (item !== undefined || ended) return item;
      return await new Promise((resolve) => {
        waiting = resolve;
      });
    },
    get ended(): boolean {
      return ended;
    },
  };
}
