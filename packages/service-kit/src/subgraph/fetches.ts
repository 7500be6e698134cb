import { type DocumentNode, type ExecutionResult, type GraphQLSchema, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { type CompiledDocument, compileDocument } from '../execution/compile-document.ts';
import { isPromise } from '../is-promise.ts';
import { maskError } from './mask.ts';
import type { Subgraph } from './subgraph.ts';

/** A result as it may leave the subgraph. */
export type FetchResult = { data?: Record<string, unknown> | null; errors?: ReturnType<typeof maskError>[] };

/** One document of the gateway, asked again and again. The answer may be there at once; it never rejects. */
export type PreparedDocument<Caller> = (
  variables: Record<string, unknown>,
  caller: Caller,
) => FetchResult | Promise<FetchResult>;

export type Fetches<Caller> = {
  prepare(query: string): PreparedDocument<Caller>;
  /** A document, parsed and validated. Throws when it does not fit the schema. */
  document(query: string): DocumentNode;
  /** A result of graphql-js with its errors masked. */
  masked(result: ExecutionResult): FetchResult;
  /** What leaves of a surprise, which is logged. */
  failed(error: unknown): FetchResult;
};

const cacheBytes = 4_194_304;
/** What a document takes in memory per character of its text, parsed or compiled, as measured. */
const bytesPerCharacter = 100;

/**
 * How a subgraph answers the gateway's fetches, in process and behind its door alike: documents are parsed, validated and
 * compiled once, and errors leave as they would over HTTP.
 */
export function createFetches<Caller>(
  subgraph: Pick<Subgraph<Caller>, 'name' | 'schema' | 'context' | 'outageOf'>,
  options: { logger: Logger },
): Fetches<Caller> {
  const { logger } = options;
  const masking = { logger, outageOf: subgraph.outageOf };
  const documents = cacheOf((text) => readDocument(subgraph.schema, text));
  const compiled = cacheOf((text) => compileDocument(subgraph.schema, documents(text)));

  const masked = (result: ExecutionResult): FetchResult => {
    if (!result.errors) return result as FetchResult;
    const errors = result.errors.map((error) => maskError(error.toJSON(), error, masking));
    return { ...(result as FetchResult), errors };
  };

  const failed = (error: unknown): FetchResult => {
    const outage = subgraph.outageOf?.(error);
    if (outage) return { errors: [outage.toJSON()] };
    logger.error({ err: error, subgraph: subgraph.name }, 'subgraph failed');
    return { errors: [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
  };

  return {
    masked,
    failed,
    document: documents,
    prepare(query) {
      let run: CompiledDocument | undefined;
      return (variables, caller) => {
        try {
          run ??= compiled(query);
          const result = run({ variables, context: subgraph.context(caller) });
          return isPromise(result) ? result.then(masked).catch(failed) : masked(result as ExecutionResult);
        } catch (error) {
          return failed(error);
        }
      };
    },
  };
}

/** What is made of a text is made once; documents are as many as plans, so the cache is bounded by their size. */
function cacheOf<Made extends object>(make: (text: string) => Made): (text: string) => Made {
  const cache = new LRUCache<string, Made>({
    maxSize: cacheBytes,
    sizeCalculation: (_, text) => text.length * bytesPerCharacter,
  });
  return (text) => {
    const known = cache.get(text);
    if (known) return known;
    const fresh = make(text);
    cache.set(text, fresh);
    return fresh;
  };
}

function readDocument(schema: GraphQLSchema, text: string): DocumentNode {
  const document = parse(text, { noLocation: true });
  const [problem] = validate(schema, document);
  if (problem) throw new Error(`the supergraph and the subgraph disagree: ${problem.message}`);
  return document;
}
