import { type FallbackReason, fallbackReasons } from './run.ts';

export type CacheCounts = { hits: number; misses: number };

/** What the engine has done since the process started, for metrics. */
export type EngineCounts = {
  /** Executions of compiled plans. */
  compiled: number;
  /** Executions of compiled plans whose response was not as simple as expected, and was shaped by the reference. */
  longWays: number;
  /** Executions left to the executor of `@apollo/gateway`. */
  fallbacks: number;
  /** Operations that could not be compiled, by reason. */
  uncompiled: Record<FallbackReason, number>;
  documents: CacheCounts;
  plans: CacheCounts;
};

export const createCounts = (): EngineCounts => ({
  compiled: 0,
  longWays: 0,
  fallbacks: 0,
  uncompiled: Object.fromEntries(fallbackReasons.map((reason) => [reason, 0])) as EngineCounts['uncompiled'],
  documents: { hits: 0, misses: 0 },
  plans: { hits: 0, misses: 0 },
});
