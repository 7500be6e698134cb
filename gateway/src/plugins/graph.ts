import type { Graphs } from '../graph/graphs.ts';
import type { Plugin } from '../operation/exchange.ts';

/** Binds the operation to the graph of this moment; one that replaces it does not touch what runs. */
export const graph = (graphs: Pick<Graphs, 'current'>): Plugin => ({
  name: 'graph',
  run(exchange) {
    exchange.graph = graphs.current;
  },
});
