/**
 * Does for many at once what is asked for one by one: what is asked while a batch is under way makes the next. The first does not
 * wait; all of a batch succeed or fail together.
 */
export function inBatches<T>(work: (batch: T[]) => Promise<void>): (one: T) => Promise<void> {
  let waiting: T[] = [];
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  return (one) => {
    waiting.push(one);
    next ??= running.then(() => {
      const batch = waiting;
      waiting = [];
      next = undefined;
      const done = work(batch);
      running = done.catch(() => {});
      return done;
    });
    return next;
  };
}
