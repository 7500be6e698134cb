import type { Tx } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { announceRoleChange } from './announce-change.ts';
import type { UserDeps } from './deps.ts';
import { permissionNameField } from './fields.ts';
import { requireOwnPermission } from './own-permission.ts';
import { deletePermissionRow } from './queries/permissions.ts';
import { rolesGranting } from './queries/roles.ts';
import { lockTenant } from './queries/tenants.ts';
import { tellRoleChange } from './role-definition.ts';

const inputShape = z.object({ name: permissionNameField });

/** Deletes a permission of the tenant's own, out of every role that grants it. NOT_FOUND, CONFLICT, FORBIDDEN. */
export async function deletePermission(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<string> {
  const { name } = readInput(inputShape, input);
  requireRecent(principal);
  const roleIds = await deps.database.transaction(async (tx: Tx) => {
    await lockTenant(tx, principal.tenantId);
    const permission = await requireOwnPermission(tx, principal, name);
    const granting = await rolesGranting(tx, permission.id);
    await deletePermissionRow(tx, permission);
    await tellRoleChange(tx, principal.tenantId, granting);
    return granting;
  });
  await announceRoleChange(deps, roleIds);
  return name;
}
