import { type Tx, violatedConstraint } from '@gatehouse/data';
import { installationPermissions, type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { announceRoleChange } from './announce-change.ts';
import type { UserDeps } from './deps.ts';
import { descriptionField, permissionNameField } from './fields.ts';
import { insertPermission } from './queries/permissions.ts';
import { addRolePermissions, rolesByName } from './queries/roles.ts';
import { superAdministrator } from './queries/super-administrators.ts';
import { lockTenant } from './queries/tenants.ts';
import { tellRoleChange } from './role-definition.ts';
import type { PermissionRow } from './tables/index.ts';

const inputShape = z.object({ name: permissionNameField, description: descriptionField });

/**
 * Creates a permission of the tenant's own. Super-administrators have it at once: they have everything, and nobody
 * else could grant it. CONFLICT for a name in use.
 */
export async function createPermission(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<PermissionRow> {
  const { name, description = null } = readInput(inputShape, input);
  requireRecent(principal);
  const { tenantId } = principal;
  if ((installationPermissions as readonly string[]).includes(name)) {
    throw new GatehouseError('CONFLICT', 'This name is kept for the administrators of the installation.');
  }
  const { permission, roleIds } = await deps.database.transaction(async (tx: Tx) => {
    await lockTenant(tx, tenantId);
    const permission = await insertPermission(tx, { tenantId, name, description }).catch(nameInUse);
    const roleIds = (await rolesByName(tx, tenantId, [superAdministrator])).map(({ id }) => id);
    await addRolePermissions(tx, roleIds, [permission.id]);
    await tellRoleChange(tx, tenantId, roleIds);
    return { permission, roleIds };
  });
  await announceRoleChange(deps, roleIds);
  return permission;
}

function nameInUse(error: unknown): never {
  if (violatedConstraint(error) === 'permissions_name') {
    throw new GatehouseError('CONFLICT', 'A permission of this name exists.');
  }
  throw error;
}
