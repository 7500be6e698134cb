import { authConfig } from '@gatehouse/auth/config';
import { migrations as authMigrations } from '@gatehouse/auth/migrations';
import { rotateKeysByCommand } from '@gatehouse/auth/rotate-keys';
import { openDatabase } from '@gatehouse/data';
import { createMetrics, StartupError } from '@gatehouse/service-kit';
import { findTenant } from '@gatehouse/user/find-tenant';
import { migrations as userMigrations } from '@gatehouse/user/migrations';
import { readSecrets } from '../data-dir.ts';
import { besideInstance } from './beside-instance.ts';

/**
 * `keys rotate`: publishes the next signing key of one tenant, or of all, on the database of the environment. Whatever serves
 * it goes on: it signs with the new key when that has been published for KEY_PUBLISH_WAIT. StartupError for an unknown host.
 */
export const rotateKeys = (host: string | undefined, say: (line: string) => void): Promise<void> =>
  besideInstance('keys', say, async (opened) => {
    const open = (schema: string) =>
      openDatabase({ url: opened.databaseUrl, schema, poolSize: 1, applicationName: 'gatehouse keys' });
    const [users, auth] = [open(userMigrations.schema), open(authMigrations.schema)];
    try {
      const tenant = host === undefined ? undefined : await findTenant(users.db, host);
      if (tenant === null) throw new StartupError(`The host ${host} belongs to no tenant.`);
      const { values, dataDir, ports, logger } = opened;
      const secret = values.AUTH_SECRET ?? (await readSecrets(dataDir)).auth;
      const config = authConfig(values, secret);
      const deps = { ...ports, database: auth, logger, metrics: createMetrics(), config };
      const rotated = await rotateKeysByCommand(deps, tenant?.id);
      for (const { tenantId, keyId, signsFrom } of rotated) {
        say(`Tenant ${tenantId}: key ${keyId} is published, and signs from ${signsFrom.toISOString()}.`);
      }
      if (rotated.length === 0) say('No tenant has signed anything yet: there is nothing to rotate.');
    } finally {
      await Promise.all([users.close(), auth.close()]);
    }
  });
