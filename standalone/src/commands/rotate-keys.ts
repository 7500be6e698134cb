import { resolve } from 'node:path';
import { authConfig } from '@gatehouse/auth/config';
import { migrations as authMigrations } from '@gatehouse/auth/migrations';
import { rotateKeysByCommand } from '@gatehouse/auth/rotate-keys';
import { openDatabase } from '@gatehouse/data';
import { openPorts } from '@gatehouse/process/ports';
import { createLogger, createMetrics, StartupError } from '@gatehouse/service-kit';
import { findTenant } from '@gatehouse/user/find-tenant';
import { migrations as userMigrations } from '@gatehouse/user/migrations';
import { openDataDir, readSecrets } from '../data-dir.ts';
import { reachEngine } from '../engine.ts';
import { readStandaloneEnvironment } from '../environment.ts';

/**
 * `keys rotate`: publishes the next signing key of one tenant, or of all, on the database of the environment. Whatever serves
 * it goes on: it signs with the new key when that has been published for KEY_PUBLISH_WAIT. StartupError for an unknown host.
 */
export async function rotateKeys(host: string | undefined, say: (line: string) => void): Promise<void> {
  const values = readStandaloneEnvironment();
  const logger = createLogger({ name: 'keys', level: values.LOG_LEVEL });
  const dataDir = resolve(values.DATA_DIR);
  await openDataDir(dataDir);
  const engine = await reachEngine({
    databaseUrl: values.DATABASE_URL,
    dataDir,
    logger,
    onProgress: say,
  });
  const open = (schema: string) =>
    openDatabase({ url: engine.url, schema, poolSize: 1, applicationName: 'gatehouse keys' });
  const [users, auth] = [open(userMigrations.schema), open(authMigrations.schema)];
  const closing: (() => Promise<unknown>)[] = [engine.stop, users.close, auth.close];
  try {
    const ports = await openPorts({
      databaseUrl: engine.url,
      poolSize: 1,
      redisUrl: values.REDIS_URL,
      logger,
    });
    closing.push(ports.close);
    const tenant = host === undefined ? undefined : await findTenant(users.db, host);
    if (tenant === null) throw new StartupError(`The host ${host} belongs to no tenant.`);
    const secret = values.AUTH_SECRET ?? (await readSecrets(dataDir)).auth;
    const metrics = createMetrics();
    const deps = { ...ports, database: auth, logger, metrics, config: authConfig(values, secret) };
    const rotated = await rotateKeysByCommand(deps, tenant?.id);
    for (const { tenantId, keyId, signsFrom } of rotated) {
      say(`Tenant ${tenantId}: key ${keyId} is published, and signs from ${signsFrom.toISOString()}.`);
    }
    if (rotated.length === 0) say('No tenant has signed anything yet: there is nothing to rotate.');
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
