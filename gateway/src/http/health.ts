import type { ServerResponse } from 'node:http';
import type { KeyValue } from '@gatehouse/data';
import type { Logger } from '@gatehouse/service-kit';
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

  const parts = (): [string, Promise<unknown>][] => [
    ...Object.entries(connections).map(([name, connection]): [string, Promise<unknown>] => [
      name,
      connection.ready(),
    ]),
    ...(keyValue.forgets ? [] : [['cache', keyValue.ping()] as [string, Promise<unknown>]]),
  ];

  /** What a gateway goes on without, only slower. */
  const degraded = async (): Promise<{ degraded?: string[] }> => {
    if (!keyValue.forgets) return {};
    return await within(keyValue.ping()).then(
      () => ({}),
      () => ({ degraded: ['cache'] }),
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
      await Promise.all(
        parts().map(async ([name, answering]) => {
          try {
            await within(answering);
          } catch (err) {
            failing.push(name);
            logger.warn({ err, part: name }, 'not ready');
          }
        }),
      );
      const circuits = openCircuits();
      if (failing.length === 0)
        return sendJson(response, 200, { status: 'ready', ...circuits, ...(await degraded()) });
      return sendJson(response, 503, { status: 'not ready', waitingFor: failing.sort(), ...circuits });
    },
  };
}

function within(answering: Promise<unknown>): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${boundMs} ms`)), boundMs);
  return Promise.race([answering, promise]).finally(() => clearTimeout(timer));
}
