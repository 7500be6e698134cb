import type { Tx } from '@gatehouse/data';
import { type Principal, permissionNames, requireRecent, seededRoles } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { announceRoleChange } from './announce-change.ts';
import { requireHeld } from './authority.ts';
import { nameInUse } from './create-role.ts';
import type { UserDeps } from './deps.ts';
import {
  descriptionField,
  entitlementsField,
  permissionNamesField,
  roleNameField,
  roleNamesField,
} from './fields.ts';
import { setEntitlements } from './queries/entitlements.ts';
import { setInheritedRoles, setRolePermissions, updateRoleRow } from './queries/roles.ts';
import { superAdministrator } from './queries/super-administrators.ts';
import { lockTenant } from './queries/tenants.ts';
import {
  requireInheritable,
  requirePermissions,
  requireRoleBelow,
  tellRoleChange,
} from './role-definition.ts';
import type { RoleRow } from './tables/index.ts';

const inputShape = z.object({
  name: roleNameField,
  newName: roleNameField.nullish(),
  description: descriptionField,
  permissions: permissionNamesField.nullish(),
  inherits: roleNamesField.nullish(),
  entitlements: entitlementsField.nullish(),
});

/**
 * Changes a role; what is left out stays. Reaches its holders' tokens within a second. NOT_FOUND, BAD_USER_INPUT,
 * CONFLICT for a name in use or a seeded role's name; FORBIDDEN for more than the caller has, and for entitlements without
 * `roles:assign`; STEP_UP_REQUIRED.
 */
export async function updateRole(deps: UserDeps, principal: Principal, input: unknown): Promise<RoleRow> {
  const change = readInput(inputShape, input);
  requireRecent(principal);
  const { role, reaches } = await deps.database.transaction(async (tx: Tx) => {
    await lockTenant(tx, principal.tenantId);
    const before = await requireRoleBelow(tx, principal, change.name);
    const renamed = change.newName != null && change.newName !== before.name;
    if (renamed && before.system) throw new GatehouseError('CONFLICT', 'A seeded role keeps its name.');
    if (change.permissions) {
      keepSeeded(before, change.permissions);
      const granted = await requirePermissions(tx, principal, change.permissions);
      await setRolePermissions(
        tx,
        before,
        granted.map(({ id }) => id),
      );
    }
    if (change.inherits) {
      const inherited = await requireInheritable(tx, principal, change.inherits, before);
      await setInheritedRoles(
        tx,
        before,
        inherited.map(({ id }) => id),
      );
    }
    if (change.entitlements) {
      requireHeld(principal, 'roles:assign');
      if (before.name === superAdministrator)
        throw badInput({ path: 'entitlements', message: 'no plan gives this role' });
      await setEntitlements(tx, before, change.entitlements);
    }
    const role = await updateRoleRow(tx, before, {
      name: change.newName ?? before.name,
      description: change.description === undefined ? before.description : change.description,
    }).catch(nameInUse);
    // A new name shows in principals too.
    const reaches = renamed || change.permissions != null || change.inherits != null;
    if (reaches) await tellRoleChange(tx, role.tenantId, [role.id]);
    return { role, reaches };
  });
  if (reaches) await announceRoleChange(deps, [role.id]);
  return role;
}

/** Seeded roles are never emptied, and the super-administrator's keeps everything of the product. */
function keepSeeded(role: RoleRow, permissions: readonly string[]): void {
  if (!role.system || !Object.hasOwn(seededRoles, role.name)) return;
  if (role.name === superAdministrator && !permissionNames.every((name) => permissions.includes(name))) {
    throw badInput({ path: 'permissions', message: 'of this role can not be taken away' });
  }
  if (permissions.length === 0)
    throw badInput({ path: 'permissions', message: 'of this role can not be empty' });
}
