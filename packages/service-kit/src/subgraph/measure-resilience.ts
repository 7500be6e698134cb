import type { Metrics } from '../metrics/metrics.ts';
import type { CircuitName, FailureReason, Resilience } from './resilience.ts';
import type { SubgraphName } from './subgraph.ts';

/** How a process asks a subgraph: for parts of an answer, as the gateway does, or in its own name. */
type Way = 'fetch' | 'call';

const labels = ['subgraph', 'way'] as const;
const circuits: readonly CircuitName[] = ['closed', 'half-open', 'open'];

/** Requests to subgraphs, wherever they are. */
export const subgraphRequests = {
  name: 'gatehouse_subgraph_requests_total',
  help: 'Requests to a subgraph: fetches of the gateway, and calls of one part of Gatehouse to another.',
  labels,
} as const;

/** How long requests over the network take. */
export const subgraphDurations = {
  name: 'gatehouse_subgraph_request_duration_seconds',
  help: 'Time that a request to a subgraph in another process took, retries included.',
  labels,
} as const;

/** Has told what became of the requests to a subgraph in another process. */
export function measureResilience(
  metrics: Metrics,
  { subgraph, way }: { subgraph: SubgraphName; way: Way },
  resilience: Pick<Resilience, 'circuit' | 'counts'>,
): void {
  const own = { subgraph, way };
  metrics.observe(
    {
      requests: { ...subgraphRequests, type: 'counter' },
      retries: {
        name: 'gatehouse_subgraph_retries_total',
        type: 'counter',
        help: 'Second and third attempts of requests to a subgraph in another process.',
        labels,
      },
      cancelled: {
        name: 'gatehouse_subgraph_cancelled_total',
        type: 'counter',
        help: 'Requests to a subgraph in another process whose client went away first.',
        labels,
      },
      failures: {
        name: 'gatehouse_subgraph_failures_total',
        type: 'counter',
        help: 'Requests to a subgraph in another process that got no answer, by reason.',
        labels: [...labels, 'reason'],
      },
      opened: {
        name: 'gatehouse_subgraph_circuit_opened_total',
        type: 'counter',
        help: 'Times that the circuit to a subgraph in another process opened.',
        labels,
      },
      circuit: {
        name: 'gatehouse_subgraph_circuit_state',
        type: 'gauge',
        help: 'Circuits to a subgraph in another process that are in this state.',
        labels: [...labels, 'state'],
      },
    },
    () => {
      const { counts, circuit } = resilience;
      return {
        requests: [{ value: counts.fetches, labels: own }],
        retries: [{ value: counts.retries, labels: own }],
        cancelled: [{ value: counts.cancelled, labels: own }],
        opened: [{ value: counts.opened, labels: own }],
        failures: (Object.keys(counts.failures) as FailureReason[]).map((reason) => ({
          value: counts.failures[reason],
          labels: { ...own, reason },
        })),
        circuit: circuits.map((state) => ({
          value: state === circuit ? 1 : 0,
          labels: { ...own, state },
        })),
      };
    },
  );
}
