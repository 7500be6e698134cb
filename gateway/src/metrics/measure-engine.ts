import type { Metrics } from '@gatehouse/service-kit';
import type { EngineCounts } from '../engine/counts.ts';
import type { FallbackReason } from '../engine/run.ts';
import type { Graphs } from '../graph/graphs.ts';

/** Has told how operations were executed, and how the caches of documents and plans fare. */
export function measureEngine(metrics: Metrics, counts: EngineCounts, graphs: Pick<Graphs, 'current'>): void {
  metrics.observe(
    {
      executions: {
        name: 'gatehouse_gateway_executions_total',
        type: 'counter',
        help: 'Executions of plans, events of subscriptions included: compiled, or by the executor of @apollo/gateway (fallback).',
        labels: ['by'],
      },
      longWays: {
        name: 'gatehouse_gateway_long_ways_total',
        type: 'counter',
        help: 'Compiled executions whose answer had to be shaped by the reference.',
      },
      uncompiled: {
        name: 'gatehouse_gateway_uncompiled_operations_total',
        type: 'counter',
        help: 'Operations that could not be compiled, by reason.',
        labels: ['reason'],
      },
    },
    () => ({
      executions: [
        { value: counts.compiled, labels: { by: 'compiled' } },
        { value: counts.fallbacks, labels: { by: 'fallback' } },
      ],
      longWays: [{ value: counts.longWays }],
      uncompiled: (Object.keys(counts.uncompiled) as FallbackReason[]).map((reason) => ({
        value: counts.uncompiled[reason],
        labels: { reason },
      })),
    }),
  );
  measureCaches(metrics, counts, graphs);
}

function measureCaches(metrics: Metrics, counts: EngineCounts, graphs: Pick<Graphs, 'current'>): void {
  const labels = ['cache'];
  const [documents, plans] = [{ cache: 'documents' }, { cache: 'plans' }];
  metrics.observe(
    {
      lookups: {
        name: 'gatehouse_gateway_cache_lookups_total',
        type: 'counter',
        help: 'Lookups of prepared documents and of plans, by whether it was there.',
        labels: ['cache', 'result'],
      },
      entries: {
        name: 'gatehouse_gateway_cache_entries',
        type: 'gauge',
        help: 'Prepared documents, or plans, that are kept.',
        labels,
      },
      bytes: {
        name: 'gatehouse_gateway_cache_bytes',
        type: 'gauge',
        help: 'Memory that the kept documents, or plans, take, as estimated.',
        labels,
      },
    },
    () => {
      const { current } = graphs;
      const [ofDocuments, ofPlans] = [current.documents.size(), current.planner.size()];
      return {
        lookups: [
          { value: counts.documents.hits, labels: { ...documents, result: 'hit' } },
          { value: counts.documents.misses, labels: { ...documents, result: 'miss' } },
          { value: counts.plans.hits, labels: { ...plans, result: 'hit' } },
          { value: counts.plans.misses, labels: { ...plans, result: 'miss' } },
        ],
        entries: [
          { value: ofDocuments.entries, labels: documents },
          { value: ofPlans.entries, labels: plans },
        ],
        bytes: [
          { value: ofDocuments.bytes, labels: documents },
          { value: ofPlans.bytes, labels: plans },
        ],
      };
    },
  );
}
