import type { Executor } from '@gatehouse/data';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { type PermissionRow, permissions, rolePermissions } from '../tables/index.ts';

export async function permissionsById(db: Executor, ids: readonly string[]): Promise<PermissionRow[]> {
  return await db
    .select()
    .from(permissions)
    .where(inArray(permissions.id, [...ids]));
}

export async function permissionsByName(
  db: Executor,
  tenantId: string,
  names: readonly string[],
): Promise<PermissionRow[]> {
  return await db
    .select()
    .from(permissions)
    .where(and(eq(permissions.tenantId, tenantId), inArray(permissions.name, [...names])));
}

export async function allPermissions(db: Executor, tenantId: string): Promise<PermissionRow[]> {
  return await db
    .select()
    .from(permissions)
    .where(eq(permissions.tenantId, tenantId))
    .orderBy(asc(permissions.name));
}

/** The permissions each role grants directly, by name. */
export async function grantedPermissions(
  db: Executor,
  roleIds: readonly string[],
): Promise<{ roleId: string; permission: PermissionRow }[]> {
  return await db
    .select({ roleId: rolePermissions.roleId, permission: permissions })
    .from(rolePermissions)
    .innerJoin(permissions, eq(permissions.id, rolePermissions.permissionId))
    .where(inArray(rolePermissions.roleId, [...roleIds]))
    .orderBy(asc(permissions.name));
}

export async function insertPermission(
  tx: Executor,
  permission: { tenantId: string; name: string; description: string | null },
): Promise<PermissionRow> {
  const [row] = await tx.insert(permissions).values(permission).returning();
  if (!row) throw new Error('insert returned nothing');
  return row;
}

export async function describePermission(
  tx: Executor,
  permission: PermissionRow,
  description: string | null,
): Promise<PermissionRow> {
  const [row] = await tx
    .update(permissions)
    .set({ description })
    .where(eq(permissions.id, permission.id))
    .returning();
  if (!row) throw new Error('the permission is gone');
  return row;
}

/** Takes it from every role that grants it, too. */
export async function deletePermissionRow(tx: Executor, permission: PermissionRow): Promise<void> {
  await tx.delete(permissions).where(eq(permissions.id, permission.id));
}
