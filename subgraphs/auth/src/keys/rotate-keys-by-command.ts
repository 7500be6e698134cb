import { proveSecret } from '../oidc/signing-keys.ts';
import { findTenantsWithKeys } from '../queries/signing-keys.ts';
import type { Services } from '../services.ts';
import { type NextKey, publishNextKey } from './publish-next-key.ts';

type Deps = Pick<Services, 'database' | 'keyValue' | 'pubSub' | 'logger' | 'metrics' | 'config'>;

/**
 * Publishes the next key of a tenant, or of all that have keys, beside the processes that serve it: they take it up within half
 * a minute. In the audit log the system did so. StartupError when AUTH_SECRET is another than theirs.
 */
export async function rotateKeysByCommand(
  deps: Deps,
  tenantId: string | undefined,
): Promise<({ tenantId: string } & NextKey)[]> {
  await proveSecret(deps);
  const tenants = tenantId ? [tenantId] : await findTenantsWithKeys(deps.database.db);
  const rotated: ({ tenantId: string } & NextKey)[] = [];
  for (const id of tenants) {
    const next = await publishNextKey(deps, id, { userId: null, details: { by: 'command' } });
    rotated.push({ tenantId: id, ...next });
  }
  return rotated;
}
