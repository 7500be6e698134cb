import { LRUCache } from 'lru-cache';
import type { VersionedClient } from '../queries/oauth-clients.ts';

/**
 * Clients as they were last read, with the version of their row. What is remembered is never believed: whoever uses it has PostgreSQL
 * say, in the statement that is needed anyway, that the row is still of that version.
 */
export type KnownClients = {
  get(tenantId: string, id: string): VersionedClient | undefined;
  /** Remembers what was read, or that there is none. */
  keep(tenantId: string, id: string, client: VersionedClient | undefined): void;
};

export function createKnownClients(): KnownClients {
  const clients = new LRUCache<string, VersionedClient>({ max: 1_000 });
  const keyOf = (tenantId: string, id: string) => `${tenantId} ${id}`;
  return {
    get: (tenantId, id) => clients.get(keyOf(tenantId, id)),
    keep: (tenantId, id, client) => void clients.set(keyOf(tenantId, id), client),
  };
}
