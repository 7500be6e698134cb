import './differential/corrected-reference.ts';
import { describe, expect, it } from 'vitest';
import { createCompiledExecutor } from '../src/engine/compiled-executor.ts';
import { runGenerated } from './differential/run-generated.ts';
import { testSupergraphs } from './differential/supergraphs/index.ts';
import { createTestGraph } from './differential/test-graph.ts';

const casesPerGraph = 400;

describe('answers written as JSON', () => {
  it.each(testSupergraphs)(
    '$name: are those of the stock executor',
    async (source) => {
      const graph = await createTestGraph(source, (given) => {
        const executor = createCompiledExecutor(given);
        return {
          ...executor,
          execute: async (exchange) => JSON.parse(await (executor.executeToJson?.(exchange) ?? '')),
        };
      });
      const { failures } = await runGenerated(graph, casesPerGraph);
      expect(failures, failures.join('\n\n')).toEqual([]);
    },
    60_000,
  );
});
