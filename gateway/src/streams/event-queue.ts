/**
 * A bounded queue between one producer and one consumer. A full queue makes the producer wait. `end` lets the last item
 * through and nothing after it.
 */
export function createEventQueue<T>(max: number) {
  const items: T[] = [];
  let ended = false;
  let waiting: ((item: T | undefined) => void) | undefined;
  let makeRoom: ((hasRoom: boolean) => void) | undefined;

  const deliver = (item: T | undefined): boolean => {
    if (!waiting) return false;
    const resolve = waiting;
    waiting = undefined;
    resolve(item);
    return true;
  };

  const room = (withinMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs).unref();
      makeRoom = (hasRoom) => {
        clearTimeout(timer);
        resolve(hasRoom);
      };
    });

  return {
    /** Waits for room in a full queue; false when none came in time. What comes after the end is forgotten. */
    async push(item: T, withinMs: number): Promise<boolean> {
      if (!ended && items.length >= max && !(await room(withinMs))) return false;
      if (!ended && !deliver(item)) items.push(item);
      return true;
    },
    /** Ends the queue. With a last item, what waits before it is given up; without, it is delivered first. */
    end(last?: T): void {
      if (ended) return;
      ended = true;
      makeRoom?.(true);
      if (last !== undefined) items.length = 0;
      if (deliver(last)) return;
      if (last !== undefined) items.push(last);
    },
    /** The next item; undefined once the queue has ended. */
    async next(): Promise<T | undefined> {
      const item = items.shift();
      makeRoom?.(true);
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
