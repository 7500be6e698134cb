/** Runs what is about one subject one after another, and what is about different ones at once, as many as may be. */
export type Lanes = {
  add(subject: string, job: () => Promise<void>): void;
  /** Resolves when fewer than so many have not ended. */
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
    async below(limit) {
      if (size < limit) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      watchers.push({ size: limit, resolve });
      await promise;
    },
  };
}
