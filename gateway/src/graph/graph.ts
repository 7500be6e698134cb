import type { Logger } from '@gatehouse/service-kit';
import type { GraphQLSchema } from 'graphql';
import type { DocumentLimits } from '../config.ts';
import { createCompiledExecutor } from '../engine/compiled-executor.ts';
import type { EngineCounts } from '../engine/counts.ts';
import type { Executor } from '../executor/executor.ts';
import { createStockExecutor } from '../executor/stock-executor.ts';
import { createEstimate } from '../operation/cost/estimate.ts';
import { costRulesOf } from '../operation/cost/rules.ts';
import { createDocuments, type Documents } from '../operation/prepare.ts';
import { createPlanner, type Planner } from '../planner/planner.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import { loadSupergraph } from '../supergraph/load.ts';
import { nextTurn } from './next-turn.ts';

/** One supergraph and all that is made from it. An exchange keeps to the graph that it began with. */
export type Graph = {
  /** What clients see. */
  readonly api: GraphQLSchema;
  readonly documents: Documents;
  readonly planner: Planner;
  readonly executor: Executor;
};

export type GraphParts = {
  connections: SubgraphConnections;
  limits: DocumentLimits;
  operationCacheBytes: number;
  logger: Logger;
  /** Counted on when a supergraph replaces another. */
  counts: EngineCounts;
};

/** Loads a supergraph; StartupError when it can't be loaded or a subgraph does not enforce what it declares. */
export async function loadGraph(sdl: string, parts: GraphParts): Promise<Graph> {
  const { connections, logger, counts } = parts;
  // A plan and what is compiled from it takes about as much as the document.
  const cacheBytes = parts.operationCacheBytes / 2;
  const supergraph = await loadSupergraph(sdl, connections);
  await nextTurn();
  const planner = createPlanner(supergraph, { cacheBytes, counts: counts.plans });
  await nextTurn();
  const fallback = createStockExecutor({ supergraph, connections, logger });
  return {
    api: supergraph.api,
    documents: createDocuments({
      api: supergraph.api,
      limits: parts.limits,
      cacheBytes,
      estimate: createEstimate(supergraph.api, costRulesOf(supergraph.supergraph.schema)),
      counts: counts.documents,
    }),
    planner,
    executor: createCompiledExecutor({ supergraph, connections, logger, fallback, counts }),
  };
}
