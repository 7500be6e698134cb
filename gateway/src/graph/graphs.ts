import { type Graph, type GraphParts, loadGraph } from './graph.ts';
import { nextTurn } from './next-turn.ts';

/** The graph that new exchanges begin with, which can be replaced while others run. */
export type Graphs = {
  readonly current: Graph;
  /** Takes another supergraph. When it can't be loaded that is thrown, and the graph before goes on. */
  replace(sdl: string): Promise<void>;
};

/** How many operations, and for how long, are planned anew before the graph is used. */
const warmUp = { operations: 500, boundMs: 2_000 };

/** Loads the first supergraph; StartupError as `loadGraph`. */
export async function createGraphs(sdl: string, parts: GraphParts): Promise<Graphs> {
  let current = await loadGraph(sdl, parts);
  let replacing: Promise<void> = Promise.resolve();

  const replace = async (next: string) => {
    const graph = await loadGraph(next, parts);
    await prepareAsBefore(graph, current);
    current = graph;
  };

  return {
    get current() {
      return current;
    },
    replace(next) {
      // One after the other: what was given last stays.
      const replaced = replacing.then(() => replace(next));
      replacing = replaced.catch(() => {});
      return replaced;
    },
  };
}

/** Plans what clients asked for lately, so that they do not all wait for it at once after the change. */
async function prepareAsBefore(graph: Graph, before: Graph): Promise<void> {
  const until = performance.now() + warmUp.boundMs;
  for (const { source, name } of before.documents.recent(warmUp.operations)) {
    if (performance.now() > until) return;
    try {
      graph.planner.planOf(graph.documents.prepare(source, name, true));
    } catch {
      // It no longer fits; whoever sends it again is told why.
    }
    await nextTurn();
  }
}
