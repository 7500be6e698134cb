/** One series of a counter. */
export class Count {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Upper bounds of the buckets that durations fall into. Seconds. */
export const durationBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** One series of a histogram: how many values fell into each bucket, past all of them, and what they add up to. */
export class Distribution {
  readonly counts: number[];
  sum = 0;
  private readonly bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }

  /** Since a moment of `performance.now()`. */
  observeSince(startedAt: number): void {
    this.observe((performance.now() - startedAt) / 1000);
  }
}
