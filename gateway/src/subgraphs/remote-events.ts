import { createClient } from 'graphql-sse';
import { type Dispatcher, fetch } from 'undici';
import type { SubgraphRequest, SubgraphResult } from './connection.ts';

/** Events of a remote subgraph over `graphql-sse`; throws when the stream is lost, for resuming is the client's to decide. */
export function remoteEvents(options: {
  url: URL;
  dispatcher: Dispatcher;
  request: SubgraphRequest;
  headersFor(request: SubgraphRequest): Promise<Record<string, string>>;
}): AsyncIterableIterator<SubgraphResult> {
  const { url, dispatcher, request, headersFor } = options;
  const client = createClient({
    url: url.href,
    retryAttempts: 0,
    headers: () => headersFor(request),
    fetchFn: (input: string, init: Record<string, unknown>) => fetch(input, { ...init, dispatcher }),
  });
  const events = client.iterate<Record<string, unknown>>({
    query: request.query,
    operationName: request.operationName,
    variables: request.variables,
  });
  request.signal?.addEventListener('abort', () => client.dispose(), { once: true });
  return events as AsyncIterableIterator<SubgraphResult>;
}
