import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** Where and when a run was made. The load before it says whether the machine was its own. */
export const machine = () => ({
  date: new Date().toISOString(),
  node: process.version,
  cores: availableParallelism(),
  model: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
});

export type Machine = ReturnType<typeof machine>;
