import type { Executor, Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import type { Principal } from '@gatehouse/identity';
import { badInput, GatehouseError } from '@gatehouse/service-kit';
import { requireAuthorityOverPermissions, requireAuthorityOverRoles, requireRoles } from './authority.ts';
import { rolesThatInherit } from './queries/effective-permissions.ts';
import { permissionsByName } from './queries/permissions.ts';
import { rolesByName } from './queries/roles.ts';
import { outbox, type PermissionRow, type RoleRow } from './tables/index.ts';

// What creating and changing roles have in common.

/** The tenant's role of this name, which the caller may change: NOT_FOUND, FORBIDDEN when it gives more than they have. */
export async function requireRoleBelow(db: Executor, principal: Principal, name: string): Promise<RoleRow> {
  const [role] = await rolesByName(db, principal.tenantId, [name]);
  if (!role) throw new GatehouseError('NOT_FOUND', 'There is no such role.');
  await requireAuthorityOverRoles(db, principal, [role]);
  return role;
}

/** The tenant's permissions of these names: BAD_USER_INPUT for unknown ones, FORBIDDEN for what the caller does not have. */
export async function requirePermissions(
  db: Executor,
  principal: Principal,
  names: readonly string[],
): Promise<PermissionRow[]> {
  const found = await permissionsByName(db, principal.tenantId, names);
  const missing = names.filter((name) => !found.some((permission) => permission.name === name));
  if (missing.length > 0) throw badInput({ path: 'permissions', message: `unknown: ${missing.join(', ')}` });
  requireAuthorityOverPermissions(principal, names);
  return found;
}

/** Roles for `role` to inherit: as above, and BAD_USER_INPUT when they would come back to it. */
export async function requireInheritable(
  db: Executor,
  principal: Principal,
  names: readonly string[],
  role: RoleRow | null,
): Promise<RoleRow[]> {
  const inherited = await requireRoles(db, principal.tenantId, names, 'inherits');
  await requireAuthorityOverRoles(db, principal, inherited);
  const above = role ? await rolesThatInherit(db, [role.id]) : [];
  const circular = inherited.filter(({ id }) => above.includes(id));
  if (circular.length > 0) {
    const list = circular.map(({ name }) => name).join(', ');
    throw badInput({ path: 'inherits', message: `would inherit from itself through: ${list}` });
  }
  return inherited;
}

/** Tells, durably, that what these roles give has changed. */
export async function tellRoleChange(tx: Tx, tenantId: string, roleIds: readonly string[]): Promise<void> {
  if (roleIds.length === 0) return;
  await writeEvent(tx, outbox, {
    type: 'user.role_definitions_changed',
    tenantId,
    subject: tenantId,
    data: { roleIds: [...roleIds] },
  });
}
