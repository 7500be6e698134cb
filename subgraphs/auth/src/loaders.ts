import DataLoader from 'dataloader';
import { findCredentials } from './queries/credentials.ts';
import type { Services } from './services.ts';
import { findSubject, type Subject } from './subject.ts';
import type { Credential } from './tables/credential.ts';

/** What one request reads many times, read once. */
export const createLoaders = (services: Services) => ({
  subject: new DataLoader<string, Subject | null>((ids) =>
    Promise.all(ids.map((id) => findSubject(services, id))),
  ),
  credential: new DataLoader<{ tenantId: string; userId: string }, Credential | undefined, string>(
    async (keys) => {
      const tenants = [...new Set(keys.map((key) => key.tenantId))];
      const found = await Promise.all(
        tenants.map((tenantId) => {
          const userIds = keys.filter((key) => key.tenantId === tenantId).map((key) => key.userId);
          return findCredentials(services.database.db, tenantId, userIds);
        }),
      );
      const byUser = new Map(found.flat().map((row) => [`${row.tenantId} ${row.userId}`, row]));
      return keys.map((key) => byUser.get(`${key.tenantId} ${key.userId}`));
    },
    { cacheKeyFn: (key) => `${key.tenantId} ${key.userId}` },
  ),
});

export type Loaders = ReturnType<typeof createLoaders>;
