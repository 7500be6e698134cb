import DataLoader from 'dataloader';
import { findCredentials } from './queries/credentials.ts';
import { findHealth, findIdentityProviders } from './queries/identity-providers.ts';
import { findPasskeys } from './queries/passkeys.ts';
import { findOpenSessions } from './queries/sessions.ts';
import type { Services } from './services.ts';
import { findSubject, type Subject } from './subject.ts';
import type { Credential } from './tables/credential.ts';
import type { IdentityProvider, ProviderHealthRow } from './tables/identity-provider.ts';
import type { Passkey } from './tables/passkey.ts';
import type { SessionRow } from './tables/session.ts';

/** What one request reads many times, read once. */
export const createLoaders = (services: Services) => ({
  subject: new DataLoader<string, Subject | null>((ids) =>
    Promise.all(ids.map((id) => findSubject(services, id))),
  ),
  credential: new DataLoader<{ tenantId: string; userId: string }, Credential | undefined, string>(
    async (keys) => {
      const found = await inEachTenant(keys, (tenantId, of) =>
        findCredentials(
          services.database.db,
          tenantId,
          of.map(({ userId }) => userId),
        ),
      );
      const byUser = new Map(found.map((row) => [`${row.tenantId} ${row.userId}`, row]));
      return keys.map((key) => byUser.get(`${key.tenantId} ${key.userId}`));
    },
    { cacheKeyFn: (key) => `${key.tenantId} ${key.userId}` },
  ),
  identityProvider: new DataLoader<string, IdentityProvider | undefined>(async (ids) => {
    const found = await findIdentityProviders(services.database.db, ids);
    return ids.map((id) => found.find((row) => row.id === id));
  }),
  providerHealth: new DataLoader<string, ProviderHealthRow | undefined>(async (ids) => {
    const found = await findHealth(services.database.db, ids);
    return ids.map((id) => found.get(id));
  }),
  /** Open ones only. */
  session: new DataLoader<{ tenantId: string; id: string }, SessionRow | undefined, string>(
    async (keys) => {
      const found = await inEachTenant(keys, async (tenantId, of) => {
        const { sessionIdleSeconds: idleTtl } = await services.policies.of(tenantId);
        return findOpenSessions(services.database.db, { tenantId, ids: of.map(({ id }) => id), idleTtl });
      });
      const byId = new Map(found.map((row) => [`${row.tenantId} ${row.id}`, row]));
      return keys.map((key) => byId.get(`${key.tenantId} ${key.id}`));
    },
    { cacheKeyFn: (key) => `${key.tenantId} ${key.id}` },
  ),
  /** By the id of the factor. */
  passkey: new DataLoader<{ tenantId: string; id: string }, Passkey | undefined, string>(
    async (keys) => {
      const found = await inEachTenant(keys, (tenantId, of) =>
        findPasskeys(
          services.database.db,
          tenantId,
          of.map(({ id }) => id),
        ),
      );
      const byFactor = new Map(found.map((row) => [row.factorId, row]));
      return keys.map(({ id }) => byFactor.get(id));
    },
    { cacheKeyFn: (key) => `${key.tenantId} ${key.id}` },
  ),
});

/** The rows of all keys, each tenant's read on its own. */
async function inEachTenant<Key extends { tenantId: string }, Row>(
  keys: readonly Key[],
  read: (tenantId: string, keys: Key[]) => Promise<Row[]>,
): Promise<Row[]> {
  const byTenant = Map.groupBy(keys, ({ tenantId }) => tenantId);
  return (await Promise.all([...byTenant].map(([tenantId, of]) => read(tenantId, of)))).flat();
}

export type Loaders = ReturnType<typeof createLoaders>;
