/** Runs what is about one subject one after another, and what is about different ones at once, as many as may be. */
export type Lanes = {
  add(subject: string, job: () => Promise<void>): void;
  /** How many have not ended. */
  readonly size: number;
  /** Resolves when fewer than `size` are left. */
  below(size: number): Promise<void>;
};

export function createLanes(): Lanes {
  const waiting = new Map<string, (() => Promise<void>)[]>();
  let watchers: { size: number; resolve: () => void }[] = [];
  let size = 0;

  async function run(subject: string, jobs: (() => Promise<void>)[]): Promise<void> {
    for (let job = jobs[0]; job; job = jobs[0]) {
      // What a job meets is its own to tell.
      await job().catch(() => {});
      jobs.shift();
      size--;
      for (const watcher of watchers) if (size < watcher.size) watcher.resolve();
      watchers = watchers.filter((watcher) => size >= watcher.size);
    }
    waiting.delete(subject);
  }

  return {
    add(subject, job) {
      size++;
      const jobs = waiting.get(subject);
      if (jobs) return void jobs.push(job);
      const started = [job];
      waiting.set(subject, started);
      void run(subject, started);
    },
    get size() {
      return size;
    },
    async below(limit) {
      if (size < limit) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      watchers.push({ size: limit, resolve });
      await promise;
    },
  };
}

/** Lets as many in at once as it is told; the others wait in their order. */
export function createGate(places: number) {
  const queue: (() => void)[] = [];
  let free = places;
  return async <T>(fn: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await fn();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}
