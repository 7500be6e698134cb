import type { Tx } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { descriptionField, permissionNameField } from './fields.ts';
import { requireOwnPermission } from './own-permission.ts';
import { describePermission } from './queries/permissions.ts';
import type { PermissionRow } from './tables/index.ts';

const inputShape = z.object({ name: permissionNameField, description: descriptionField });

/** Changes the description of a permission of the tenant's own. NOT_FOUND, CONFLICT, FORBIDDEN. */
export async function updatePermission(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<PermissionRow> {
  const { name, description } = readInput(inputShape, input);
  return await deps.database.transaction(async (tx: Tx) => {
    const permission = await requireOwnPermission(tx, principal, name);
    return description === undefined ? permission : await describePermission(tx, permission, description);
  });
}
