import type { Caller } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import { maskError, type Subgraph } from '@gatehouse/service-kit/subgraph';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  parse,
  subscribe,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { type CompiledDocument, compileDocument } from '../engine/local/compile-document.ts';
import { isPromise } from '../engine/local/execution.ts';
import type { SubgraphConnection, SubgraphRequest, SubgraphResult } from './connection.ts';

const cacheBytes = 8_388_608;
/** What a document takes in memory per character of its text, parsed or compiled, as measured. */
const bytesPerCharacter = 100;

/** A subgraph mounted in this process: no hop, and errors as they would have been on the wire. */
export function inProcess(subgraph: Subgraph<Caller>, options: { logger: Logger }): SubgraphConnection {
  const { logger } = options;
  const documents = createDocumentCache(subgraph.schema);

  const compiled = new LRUCache<string, CompiledDocument>({
    maxSize: cacheBytes,
    sizeCalculation: (_, text) => text.length * bytesPerCharacter,
  });

  const compiledDocument = (text: string): CompiledDocument => {
    const known = compiled.get(text);
    if (known) return known;
    const fresh = compileDocument(subgraph.schema, documents(text));
    compiled.set(text, fresh);
    return fresh;
  };

  const onTheWire = (result: ExecutionResult): SubgraphResult => {
    if (!result.errors) return result as SubgraphResult;
    const errors = result.errors.map((error: GraphQLError) => maskError(error.toJSON(), error, logger));
    return { ...result, errors } as SubgraphResult;
  };

  const failed = (error: unknown): SubgraphResult => {
    logger.error({ err: error, subgraph: subgraph.name }, 'subgraph failed');
    return { errors: [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
  };

  const argumentsOf = (request: SubgraphRequest, document: DocumentNode) => ({
    schema: subgraph.schema,
    document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: subgraph.context(request.caller),
  });

  async function* events(request: SubgraphRequest): AsyncGenerator<SubgraphResult, void> {
    const stream = await subscribe(argumentsOf(request, documents(request.query)));
    if (!(Symbol.asyncIterator in stream)) return yield onTheWire(stream);
    const end = () => void stream.return?.(undefined);
    if (request.signal?.aborted) return end();
    request.signal?.addEventListener('abort', end, { once: true });
    try {
      for await (const event of stream) yield onTheWire(event);
    } finally {
      request.signal?.removeEventListener('abort', end);
    }
  }

  return {
    async execute(request) {
      try {
        return onTheWire(await execute(argumentsOf(request, documents(request.query))));
      } catch (error) {
        return failed(error);
      }
    },
    prepare(query, operationName) {
      // The planner names fetches after the client's operation; without the name, operations share their fetches.
      const text = operationName ? query.replace(operationName, '') : query;
      let run: CompiledDocument | undefined;
      return ({ variables, caller }) => {
        try {
          run ??= compiledDocument(text);
          const result = run({ variables, context: subgraph.context(caller) });
          return isPromise(result)
            ? result.then(onTheWire).catch(failed)
            : onTheWire(result as ExecutionResult);
        } catch (error) {
          return failed(error);
        }
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
    ready: () => subgraph.ready(),
    close: async () => {},
  };
}

/** Documents of plans, parsed and validated once each. They are as many as plans, so the cache is bounded by text size. */
function createDocumentCache(schema: GraphQLSchema): (text: string) => DocumentNode {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: cacheBytes,
    sizeCalculation: (_, text) => text.length * bytesPerCharacter,
  });
  return (text) => {
    const known = documents.get(text);
    if (known) return known;
    const document = parse(text, { noLocation: true });
    const [problem] = validate(schema, document);
    if (problem) throw new Error(`the supergraph and the subgraph disagree: ${problem.message}`);
    documents.set(text, document);
    return document;
  };
}
