import { GatehouseError } from '@gatehouse/service-kit';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
  validate,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { DocumentLimits } from '../config.ts';
import type { CacheCounts } from '../engine/counts.ts';
import type { Amount } from './cost/amount.ts';
import type { Estimate } from './cost/estimate.ts';
import { checkLimits } from './limits.ts';
import { refused } from './refusal.ts';
import { rootFieldsOf } from './root-fields.ts';

/** One operation of a document that was parsed, measured and validated. */
export type PreparedOperation = {
  source: string;
  document: DocumentNode;
  definition: OperationDefinitionNode;
  name: string | undefined;
  kind: OperationTypeNode;
  /** Whether it asks for `__schema` or `__type`. */
  introspects: boolean;
  /** The estimated cost, as far as it is known without the variables. */
  cost: Amount;
  rootFields: ReadonlyMap<string, number>;
};

type PreparedDocument = { operations: PreparedOperation[]; asksForSchema: boolean };

export type Documents = {
  /**
   * The operation that `operationName` picks. Refuses what can't be parsed, is too complex or does not fit the schema.
   * To those who may not explore the graph, `__schema` is refused and no message suggests a name. (`__type` is let
   * through: its executor knows no types for them.)
   */
  prepare(source: string, operationName: string | undefined, mayExplore: boolean): PreparedOperation;
  /** Refuses a document as `prepare` would, whichever of its operations is asked for. */
  check(source: string): void;
  /** Operations asked for lately, the latest first. */
  recent(max: number): PreparedOperation[];
  /** What the cache holds. */
  size(): { entries: number; bytes: number };
};

/** What a prepared document takes in memory per character of its text. */
const bytesPerCharacter = 400;

/** Parses, measures and validates documents against the public schema, each once while it stays in the cache. */
export function createDocuments(options: {
  api: GraphQLSchema;
  limits: DocumentLimits;
  cacheBytes: number;
  /** Without it, nothing costs anything. */
  estimate?: Estimate;
  counts: CacheCounts;
}): Documents {
  const { api, limits, cacheBytes, counts, estimate = () => 0 } = options;
  const documents = new LRUCache<string, PreparedDocument>({
    maxSize: cacheBytes,
    sizeCalculation: (_, source) => source.length * bytesPerCharacter + 1_000,
  });

  const read = (source: string, mayExplore: boolean): PreparedDocument => {
    const known = documents.get(source);
    if (known) {
      counts.hits += 1;
      return known;
    }
    counts.misses += 1;
    const document = parseWithin(source, limits.tokens);
    checkLimits(document, limits);
    const introspection = introspectionOf(document);
    const asksForSchema = introspection.has('__schema');
    if (asksForSchema && !mayExplore) throw noIntrospection();
    const problems = validate(api, document, undefined, { maxErrors: 10, hideSuggestions: !mayExplore });
    if (problems.length > 0) throw refused('GRAPHQL_VALIDATION_FAILED', problems);
    const operations = operationsOf(source, document, introspection.size > 0, estimate);
    const prepared = { operations, asksForSchema };
    documents.set(source, prepared);
    return prepared;
  };

  return {
    prepare(source, operationName, mayExplore) {
      const { operations, asksForSchema } = read(source, mayExplore);
      if (asksForSchema && !mayExplore) throw noIntrospection();
      return pick(operations, operationName);
    },
    check(source) {
      read(source, true);
    },
    recent: (max) => [...documents.values()].flatMap(({ operations }) => operations).slice(0, max),
    size: () => ({ entries: documents.size, bytes: documents.calculatedSize }),
  };
}

function parseWithin(source: string, maxTokens: number): DocumentNode {
  try {
    return parse(source, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError))
      throw new GatehouseError('OPERATION_TOO_COMPLEX', 'The document nests too deep.');
    if (error.message.includes(`${maxTokens} tokens`)) {
      throw new GatehouseError(
        'OPERATION_TOO_COMPLEX',
        `The document exceeds the limit of ${maxTokens} tokens.`,
      );
    }
    throw refused('GRAPHQL_PARSE_FAILED', [error]);
  }
}

function introspectionOf(document: DocumentNode): Set<string> {
  const found = new Set<string>();
  visit(document, {
    Field({ name: { value } }) {
      if (value === '__schema' || value === '__type') found.add(value);
    },
  });
  return found;
}

const noIntrospection = () =>
  new GatehouseError('GRAPHQL_VALIDATION_FAILED', 'Introspection needs the permission graph:explore.');

function operationsOf(
  source: string,
  document: DocumentNode,
  introspects: boolean,
  estimate: Estimate,
): PreparedOperation[] {
  return document.definitions
    .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => ({
      source,
      document,
      definition,
      name: definition.name?.value,
      kind: definition.operation,
      introspects,
      cost: estimate(document, definition),
      rootFields: rootFieldsOf(document, definition),
    }));
}

function pick(operations: PreparedOperation[], name: string | undefined): PreparedOperation {
  const fitting = name ? operations.filter((operation) => operation.name === name) : operations;
  const [operation, ...others] = fitting;
  if (operation && others.length === 0) return operation;
  throw new GatehouseError(
    'OPERATION_RESOLUTION_FAILURE',
    operation
      ? 'The document has several operations; `operationName` must pick one.'
      : 'There is no such operation.',
  );
}
