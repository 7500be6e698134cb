import { announceRoleChange } from './announce-change.ts';
import type { UserDeps } from './deps.ts';
import { lockTenant, tenantById, tenantsToSeed } from './queries/tenants.ts';
import { seedFingerprint, seedRoles } from './seed-roles.ts';

/** Gives every tenant the permissions and roles that this version adds. Of processes that do it at once one has something to do. */
export async function seedTenants(
  deps: Pick<UserDeps, 'database' | 'keyValue' | 'pubSub' | 'logger'>,
): Promise<void> {
  for (const id of await tenantsToSeed(deps.database.db, seedFingerprint)) {
    const changed = await deps.database.transaction(async (tx) => {
      await lockTenant(tx, id);
      const tenant = await tenantById(tx, id);
      return tenant && tenant.seeded !== seedFingerprint ? await seedRoles(tx, tenant) : [];
    });
    await announceRoleChange(deps, changed);
  }
}
