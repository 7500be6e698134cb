import type { ExecutorFactory } from './test-graph.ts';

/** The executor under test. */
export const compiled: ExecutorFactory = ({ fallback }) => fallback;
