/** Retries for each fetch in the long run: a tenth more load at most, however much fails. */
const perFetch = 0.1;
/** What may be saved up for a burst of failures, such as a restart. */
const most = 20;

/** Bounds retries by the number of fetches, so that a struggling subgraph is not asked three times as much. */
export function createRetryBudget() {
  let left = most;
  return {
    earn(): void {
      left = Math.min(most, left + perFetch);
    },
    /** Whether there is a retry left; then it is spent. */
    spend(): boolean {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
