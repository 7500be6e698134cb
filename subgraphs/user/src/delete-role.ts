import { type Tx, violatedConstraint } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { roleNameField } from './fields.ts';
import { deleteRoleRow } from './queries/roles.ts';
import { lockTenant } from './queries/tenants.ts';
import { requireRoleBelow } from './role-definition.ts';

const inputShape = z.object({ name: roleNameField });

/**
 * Deletes a role that nobody holds and no other role inherits: CONFLICT otherwise, and for seeded roles. NOT_FOUND,
 * FORBIDDEN, STEP_UP_REQUIRED.
 */
export async function deleteRole(deps: UserDeps, principal: Principal, input: unknown): Promise<string> {
  const { name } = readInput(inputShape, input);
  requireRecent(principal);
  await deps.database.transaction(async (tx: Tx) => {
    await lockTenant(tx, principal.tenantId);
    const role = await requireRoleBelow(tx, principal, name);
    if (role.system) throw new GatehouseError('CONFLICT', 'A seeded role can not be deleted.');
    await deleteRoleRow(tx, role).catch(inUse);
  });
  return name;
}

function inUse(error: unknown): never {
  switch (violatedConstraint(error)) {
    case 'user_roles_role_id_roles_id_fk':
      throw new GatehouseError('CONFLICT', 'Somebody holds this role; take it from them first.');
    case 'role_inheritance_inherits_id_roles_id_fk':
      throw new GatehouseError('CONFLICT', 'Another role inherits this one.');
    default:
      throw error;
  }
}
