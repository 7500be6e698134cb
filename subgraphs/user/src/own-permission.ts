import type { Executor } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { requireAuthorityOverPermissions } from './authority.ts';
import { permissionsByName } from './queries/permissions.ts';
import type { PermissionRow } from './tables/index.ts';

/** A permission that the tenant made itself: NOT_FOUND; CONFLICT for the product's own; FORBIDDEN when not held. */
export async function requireOwnPermission(
  db: Executor,
  principal: Principal,
  name: string,
): Promise<PermissionRow> {
  const [permission] = await permissionsByName(db, principal.tenantId, [name]);
  if (!permission) throw new GatehouseError('NOT_FOUND', 'There is no such permission.');
  if (permission.system)
    throw new GatehouseError('CONFLICT', "The product's own permissions stay as they are.");
  requireAuthorityOverPermissions(principal, [name]);
  return permission;
}
