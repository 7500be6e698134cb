import './corrected-reference.ts';
import { type CompiledExecutor, createCompiledExecutor } from '../../src/engine/compiled-executor.ts';
import type { ExecutorFactory, TestGraph } from './test-graph.ts';

/** The executor under test. */
export const compiled: ExecutorFactory = (given) => createCompiledExecutor(given);

/** How often the stock executor did the work of the one under test: comparisons with itself. */
export const fallbacksIn = (graph: TestGraph): number =>
  [graph.mocked, graph.mounted]
    .map(({ compiled }) => (compiled as CompiledExecutor).counts.fallbacks)
    .reduce((sum, count) => sum + count, 0);
