export type Repetition = { readonly stopped: boolean; stop(): Promise<void> };

/**
 * Runs a housekeeping job again and again, `intervalMs` after it last finished, without keeping the process alive.
 * A failed run is simply tried again next time. `stop` waits for the run in progress.
 */
export function repeat(intervalMs: number, job: () => Promise<unknown>): Repetition {
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = job().then(schedule, schedule);
    }, intervalMs).unref();
  };
  schedule();

  return {
    get stopped() {
      return stopped;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
