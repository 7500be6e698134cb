import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Loaded into the product's process: writes how late its event loop was, in ms, once for each SIGUSR2, and begins anew. */
const file = process.env.BENCH_DELAY_FILE;
if (file && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('SIGUSR2', () => {
    // The histogram counts the pause of the timer itself in.
    const late = (share: number) => Math.max(0, delay.percentile(share) / 1e6 - 5);
    writeFileSync(file, JSON.stringify({ p50: late(50), p99: late(99), max: late(100) }));
    delay.reset();
  });
}
