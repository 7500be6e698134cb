import { operationFromDocument } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { GatehouseError } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';
import type { CacheCounts } from '../engine/counts.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { LoadedSupergraph } from '../supergraph/load.ts';
import { createRequiredArguments } from './required-arguments.ts';

export type Planner = {
  planOf(operation: PreparedOperation): QueryPlan;
  /** What the cache holds. */
  size(): { entries: number; bytes: number };
};

/**
 * Plans operations, each once: planning is synchronous, so a document in flight twice is planned by the first. The
 * cache is bounded by the size of the plans.
 */
export function createPlanner(
  { supergraph, plannerApi }: LoadedSupergraph,
  options: { cacheBytes: number; counts: CacheCounts },
): Planner {
  const planner = new QueryPlanner(supergraph);
  const requiredArguments = createRequiredArguments(supergraph.schema, plannerApi);
  const plans = new LRUCache<string, QueryPlan>({
    maxSize: options.cacheBytes,
    // What is compiled from a plan lives as long as the plan and takes several times its space.
    sizeCalculation: (plan, key) => key.length * 2 + JSON.stringify(plan).length * 8,
  });
  /** Saves most lookups the hashing of the document. */
  const ofOperation = new WeakMap<PreparedOperation, QueryPlan>();

  const find = (operation: PreparedOperation): QueryPlan => {
    const key = `${operation.name ?? ''}\n${operation.source}`;
    const known = plans.get(key);
    if (known) {
      options.counts.hits += 1;
      return known;
    }
    options.counts.misses += 1;
    const parsed = parsedOperation();
    requiredArguments.check(parsed);
    const plan = planner.buildQueryPlan(parsed);
    plans.set(key, plan);
    return plan;

    function parsedOperation() {
      try {
        return operationFromDocument(plannerApi, operation.document, { operationName: operation.name });
      } catch (error) {
        throw new GatehouseError('GRAPHQL_VALIDATION_FAILED', (error as Error).message);
      }
    }
  };

  return {
    planOf(operation) {
      const known = ofOperation.get(operation);
      if (known) {
        options.counts.hits += 1;
        return known;
      }
      const plan = find(operation);
      ofOperation.set(operation, plan);
      return plan;
    },
    size: () => ({ entries: plans.size, bytes: plans.calculatedSize }),
  };
}
