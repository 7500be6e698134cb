import { describe, expect, it } from 'vitest';
import { described, differenceIn, prepared } from './compare.ts';
import { corpus } from './corpus.ts';
import { compiled, fallbacksIn } from './executors.ts';
import { shrink } from './shrink.ts';
import { testSupergraphs } from './supergraphs/index.ts';
import { createTestGraph, noFaults, type Scenario, type TestGraph } from './test-graph.ts';

/** Different enough to meet every fault of `faults.ts` many times over the corpus. */
const faultSeeds = 40;

const scenarios: { scenario: Scenario; mounted: boolean }[] = [
  { scenario: noFaults, mounted: false },
  { scenario: noFaults, mounted: true },
  ...Array.from({ length: 6 }, (_, n) => ({
    scenario: { resolverFaults: `resolver ${n}`, answerFaults: null },
    mounted: false,
  })),
  ...Array.from({ length: faultSeeds }, (_, n) => ({
    scenario: { resolverFaults: null, answerFaults: `answer ${n}` },
    mounted: false,
  })),
];

const graphs = new Map(
  await Promise.all(
    testSupergraphs.map(
      async (source): Promise<[string, TestGraph]> => [source.name, await createTestGraph(source, compiled)],
    ),
  ),
);

describe('the compiled executor answers what the stock executor answers', () => {
  it.each(corpus)('$graph: $why', async ({ graph: name, source, variables = [{}] }) => {
    const graph = graphs.get(name) as TestGraph;
    const names = namesOf(source);
    for (const operationName of names) {
      expect(prepared(graph, { source, name: operationName }).plan).toBeDefined();
      for (const [n, set] of variables.entries()) {
        for (const { scenario, mounted } of scenarios) {
          const one = { source, name: operationName, variables: set, scenario, mounted };
          const isSubscription = source.startsWith('subscription');
          if (mounted && isSubscription) continue;
          const found = await differenceIn(graph, one);
          if (found) expect.fail(described(graph, await shrink(graph, found), `variables ${n}`));
        }
      }
    }
  });

  it('left nothing to the stock executor', () => {
    for (const graph of graphs.values()) expect(fallbacksIn(graph)).toBe(0);
  });

  it('shows the schema to nobody who may not explore it', async () => {
    const graph = graphs.get('accounts') as TestGraph;
    const source = '{ __type(name: "User") { name fields { name } } users { id } }';
    const one = { source, variables: {}, scenario: noFaults, unexploring: true };
    expect(await differenceIn(graph, one)).toBeUndefined();
  });
});

/** Documents with several operations are run once for each. */
function namesOf(source: string): (string | undefined)[] {
  const names = [...source.matchAll(/\bquery (\w+)/g)].map(([, name]) => name);
  return names.length > 1 ? names : [undefined];
}
