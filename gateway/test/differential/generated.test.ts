import { describe, expect, it } from 'vitest';
import { compiled, fallbacksIn } from './executors.ts';
import { environment, runGenerated } from './run-generated.ts';
import { testSupergraphs } from './supergraphs/index.ts';
import { createTestGraph } from './test-graph.ts';

/** Of each test supergraph; with the product's own they are more than 20,000. */
const casesPerGraph = 2_600;

describe('generated operations', () => {
  it.each(testSupergraphs)(
    '$name: the compiled executor answers as the stock one',
    async (source) => {
      const graph = await createTestGraph(source, compiled);
      const { cases, failures } = await runGenerated(graph, casesPerGraph);
      expect(failures, failures.join('\n\n')).toEqual([]);
      expect(fallbacksIn(graph)).toBe(0);
      expect(cases).toBeGreaterThanOrEqual(casesPerGraph * environment.times);
    },
    120_000 * environment.times,
  );
});
