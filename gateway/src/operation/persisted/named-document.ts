import { GatehouseError } from '@gatehouse/service-kit';
import type { GraphqlParameters } from '../exchange.ts';

const sha256Prefix = 'sha256:';
const sha256Pattern = /^[0-9a-f]{64}$/;
const idPattern = /^[\w.~:-]{1,200}$/;

export const isSha256 = (id: string): boolean => sha256Pattern.test(id);

/**
 * The id by which a request names its document: `extensions.persistedQuery.sha256Hash` (Apollo's persisted queries) or
 * `documentId` (GraphQL over HTTP, "Persisted Documents"), `sha256:` taken off. Undefined when it names none.
 */
export function namedDocument({ documentId, extensions }: GraphqlParameters): string | undefined {
  const { persistedQuery } = extensions;
  const byHash = persistedQuery === undefined || persistedQuery === null ? undefined : hashOf(persistedQuery);
  const byId = documentId === undefined ? undefined : plainId(documentId);
  if (byHash !== undefined && byId !== undefined && byHash !== byId)
    throw new GatehouseError('BAD_REQUEST', '`documentId` and `persistedQuery` name different documents.');
  return byId ?? byHash;
}

function hashOf(persistedQuery: unknown): string {
  const { version, sha256Hash } = persistedQuery as { version?: unknown; sha256Hash?: unknown };
  if (version !== 1) throw new GatehouseError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  if (typeof sha256Hash === 'string' && idPattern.test(sha256Hash)) return sha256Hash;
  throw new GatehouseError('BAD_REQUEST', '`sha256Hash` must be a SHA-256 in lower-case hexadecimal.');
}

function plainId(documentId: string): string {
  const id = documentId.startsWith(sha256Prefix) ? documentId.slice(sha256Prefix.length) : documentId;
  const isWhole = id === documentId ? idPattern.test(id) : isSha256(id);
  if (isWhole) return id;
  throw new GatehouseError('BAD_REQUEST', '`documentId` is not a document identifier.');
}
