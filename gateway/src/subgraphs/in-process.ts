import type { Caller } from '@gatehouse/identity';
import { createMetrics, type Logger, type Metrics } from '@gatehouse/service-kit';
import { createFetches, type Subgraph, subgraphRequests } from '@gatehouse/service-kit/subgraph';
import { type ExecutionArgs, execute, subscribe } from 'graphql';
import type { SubgraphConnection, SubgraphRequest, SubgraphResult } from './connection.ts';
import { withoutName } from './without-name.ts';

/** A subgraph mounted in this process: no hop, and errors as they would have been on the wire. */
export function inProcess(
  subgraph: Subgraph<Caller>,
  options: { logger: Logger; metrics?: Metrics },
): SubgraphConnection {
  const { metrics = createMetrics() } = options;
  const requests = metrics.counter(subgraphRequests)({ subgraph: subgraph.name, way: 'fetch' });
  const fetches = createFetches(subgraph, options);

  const argumentsOf = (request: SubgraphRequest): ExecutionArgs => ({
    schema: subgraph.schema,
    document: fetches.document(request.query),
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: subgraph.context(request.caller),
  });

  async function* events(request: SubgraphRequest): AsyncGenerator<SubgraphResult, void> {
    const stream = await subscribe(argumentsOf(request));
    if (!(Symbol.asyncIterator in stream)) return yield fetches.masked(stream);
    const end = () => void stream.return?.(undefined);
    if (request.signal?.aborted) return end();
    request.signal?.addEventListener('abort', end, { once: true });
    try {
      for await (const event of stream) yield fetches.masked(event);
    } finally {
      request.signal?.removeEventListener('abort', end);
    }
  }

  return {
    // By graphql-js: what is prepared is held against it.
    async execute(request) {
      requests.add();
      try {
        return fetches.masked(await execute(argumentsOf(request)));
      } catch (error) {
        return fetches.failed(error);
      }
    },
    prepare(query, operationName) {
      const run = fetches.prepare(withoutName(query, operationName));
      return ({ variables, caller }) => {
        requests.add();
        return run(variables, caller);
      };
    },
    subscribe: events,
    async forward(request, response, caller) {
      const [path = '/'] = (request.url ?? '/').split('?');
      const route = subgraph.routes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
      if (route) return await route.handle(request, response, caller.client);
      response.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify({ error: 'not found' }));
    },
    enforced: async () => subgraph.enforced,
    async ready() {
      await subgraph.ready();
      return subgraph.degraded?.() ?? [];
    },
    close: async () => {},
  };
}
