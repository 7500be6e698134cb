import type { ServerResponse } from 'node:http';
import type { KeyValue } from '@gatehouse/data';
import { type Logger, within } from '@gatehouse/service-kit';
import type { CircuitName } from '@gatehouse/service-kit/subgraph';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import { sendJson } from './answer.ts';

const boundMs = 2_000;

/** `/healthz`: the process lives. `/readyz`: everything it can't do without answers, and it is not about to stop. */
export function createHealth(options: {
  connections: SubgraphConnections;
  keyValue: KeyValue;
  logger: Logger;
  isDraining(): boolean;
}) {
  const { connections, keyValue, logger } = options;

  const parts = (): [string, Promise<readonly string[]>][] => [
    ...Object.entries(connections).map(([name, connection]): [string, Promise<readonly string[]>] => [
      name,
      connection.ready(),
    ]),
    ...(keyValue.forgets ? [] : [['cache', keyValue.ping().then(() => [])] as [string, Promise<string[]>]]),
  ];

  /** What the gateway goes on without, only slower. */
  const ownDegraded = async (): Promise<string[]> => {
    if (!keyValue.forgets) return [];
    return await within(boundMs, keyValue.ping()).then(
      () => [],
      () => ['cache'],
    );
  };

  /** Subgraphs that are not asked for now, since they failed. */
  const openCircuits = (): { circuits?: Record<string, CircuitName> } => {
    const open = Object.entries(connections).flatMap(([name, { resilience }]): [string, CircuitName][] =>
      resilience && resilience.circuit !== 'closed' ? [[name, resilience.circuit]] : [],
    );
    return open.length > 0 ? { circuits: Object.fromEntries(open) } : {};
  };

  return {
    live: (response: ServerResponse) => sendJson(response, 200, { status: 'ok' }),
    async ready(response: ServerResponse): Promise<void> {
      if (options.isDraining()) return sendJson(response, 503, { status: 'stopping' });
      const failing: string[] = [];
      const degraded = new Set<string>();
      await Promise.all(
        parts().map(async ([name, answering]) => {
          try {
            for (const part of await within(boundMs, answering)) degraded.add(part);
          } catch (err) {
            failing.push(name);
            logger.warn({ err, part: name }, 'not ready');
          }
        }),
      );
      const circuits = openCircuits();
      if (failing.length === 0) {
        for (const part of await ownDegraded()) degraded.add(part);
        const without = degraded.size > 0 ? { degraded: [...degraded].sort() } : {};
        return sendJson(response, 200, { status: 'ready', ...circuits, ...without });
      }
      return sendJson(response, 503, { status: 'not ready', waitingFor: failing.sort(), ...circuits });
    },
  };
}
