import { type Tx, violatedConstraint } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { descriptionField, permissionNamesField, roleNameField, roleNamesField } from './fields.ts';
import { addRolePermissions, insertRole, setInheritedRoles } from './queries/roles.ts';
import { lockTenant } from './queries/tenants.ts';
import { requireInheritable, requirePermissions } from './role-definition.ts';
import type { RoleRow } from './tables/index.ts';

const inputShape = z.object({
  name: roleNameField,
  description: descriptionField,
  permissions: permissionNamesField.nullish(),
  inherits: roleNamesField.nullish(),
});

/**
 * Creates a role of the caller's tenant. BAD_USER_INPUT; CONFLICT for a name in use; FORBIDDEN for more than the caller has;
 * STEP_UP_REQUIRED.
 */
export async function createRole(deps: UserDeps, principal: Principal, input: unknown): Promise<RoleRow> {
  const { name, description = null, permissions, inherits } = readInput(inputShape, input);
  requireRecent(principal);
  const { tenantId } = principal;
  return await deps.database.transaction(async (tx: Tx) => {
    await lockTenant(tx, tenantId);
    const granted = await requirePermissions(tx, principal, permissions ?? []);
    const inherited = await requireInheritable(tx, principal, inherits ?? [], null);
    const role = await insertRole(tx, { tenantId, name, description }).catch(nameInUse);
    await addRolePermissions(
      tx,
      [role.id],
      granted.map(({ id }) => id),
    );
    await setInheritedRoles(
      tx,
      role,
      inherited.map(({ id }) => id),
    );
    return role;
  });
}

export function nameInUse(error: unknown): never {
  if (violatedConstraint(error) === 'roles_name') {
    throw new GatehouseError('CONFLICT', 'A role of this name exists.');
  }
  throw error;
}
