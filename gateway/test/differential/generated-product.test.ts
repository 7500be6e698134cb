import { expect, it } from 'vitest';
import { compiled, fallbacksIn } from './executors.ts';
import { environment, runGenerated } from './run-generated.ts';
import { product } from './supergraphs/product.ts';
import { createTestGraph } from './test-graph.ts';

const cases = 4_000;

it(
  "generated operations over the product's own supergraph: the compiled executor answers as the stock one",
  async () => {
    const graph = await createTestGraph(product(), compiled);
    const tally = await runGenerated(graph, cases);
    expect(tally.failures, tally.failures.join('\n\n')).toEqual([]);
    expect(fallbacksIn(graph)).toBe(0);
    expect(tally.cases).toBeGreaterThanOrEqual(cases * environment.times);
  },
  120_000 * environment.times,
);
