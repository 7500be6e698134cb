import { type Executor, violatedConstraint } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { type RoleRow, roleInheritance, rolePermissions, roles, userRoles, users } from '../tables/index.ts';

export async function rolesById(db: Executor, ids: readonly string[]): Promise<RoleRow[]> {
  return await db
    .select()
    .from(roles)
    .where(inArray(roles.id, [...ids]));
}

export async function rolesByName(
  db: Executor,
  tenantId: string,
  names: readonly string[],
): Promise<RoleRow[]> {
  return await db
    .select()
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), inArray(roles.name, [...names])))
    .orderBy(asc(roles.name));
}

/** The roles given to each user, by name. */
export async function rolesOfUsers(
  db: Executor,
  userIds: readonly string[],
): Promise<{ userId: string; role: RoleRow }[]> {
  return await db
    .select({ userId: userRoles.userId, role: roles })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(inArray(userRoles.userId, [...userIds]))
    .orderBy(asc(roles.name));
}

/** The roles each role inherits directly, by name. */
export async function inheritedRoles(
  db: Executor,
  roleIds: readonly string[],
): Promise<{ roleId: string; role: RoleRow }[]> {
  return await db
    .select({ roleId: roleInheritance.roleId, role: roles })
    .from(roleInheritance)
    .innerJoin(roles, eq(roles.id, roleInheritance.inheritsId))
    .where(inArray(roleInheritance.roleId, [...roleIds]))
    .orderBy(asc(roles.name));
}

export async function insertRole(
  tx: Executor,
  role: { tenantId: string; name: string; description: string | null },
): Promise<RoleRow> {
  const [row] = await tx.insert(roles).values(role).returning();
  if (!row) throw new Error('insert returned nothing');
  return row;
}

export async function updateRoleRow(
  tx: Executor,
  role: RoleRow,
  change: { name: string; description: string | null },
): Promise<RoleRow> {
  const [row] = await tx.update(roles).set(change).where(eq(roles.id, role.id)).returning();
  if (!row) throw new Error('the role is gone');
  return row;
}

/** Deletes a role; deleted users who would get it back when restored don't keep it alive. */
export async function deleteRoleRow(tx: Executor, role: RoleRow): Promise<void> {
  await tx.execute(sql`
    delete from ${userRoles} using ${users}
    where ${userRoles.roleId} = ${role.id} and ${users.id} = ${userRoles.userId} and ${users.status} = 'DELETED'`);
  await tx.delete(roles).where(eq(roles.id, role.id));
}

/** Whether the user had not held it yet. CONFLICT when the role was deleted in the meantime. */
export async function giveRole(tx: Executor, userId: string, roleId: string): Promise<boolean> {
  try {
    const given = await tx.insert(userRoles).values({ userId, roleId }).onConflictDoNothing().returning();
    return given.length > 0;
  } catch (error) {
    if (violatedConstraint(error) !== 'user_roles_role_id_roles_id_fk') throw error;
    throw new GatehouseError('CONFLICT', 'The role was deleted in the meantime.');
  }
}

/** Whether the user had held it. */
export async function takeRole(tx: Executor, userId: string, roleId: string): Promise<boolean> {
  const taken = await tx
    .delete(userRoles)
    .where(and(eq(userRoles.userId, userId), eq(userRoles.roleId, roleId)))
    .returning();
  return taken.length > 0;
}

/** Makes these, and no others, the permissions the role grants directly. */
export async function setRolePermissions(
  tx: Executor,
  role: RoleRow,
  permissionIds: readonly string[],
): Promise<void> {
  await tx.delete(rolePermissions).where(eq(rolePermissions.roleId, role.id));
  await addRolePermissions(tx, [role.id], permissionIds);
}

export async function addRolePermissions(
  tx: Executor,
  roleIds: readonly string[],
  permissionIds: readonly string[],
): Promise<number> {
  const rows = roleIds.flatMap((roleId) => permissionIds.map((permissionId) => ({ roleId, permissionId })));
  if (rows.length === 0) return 0;
  const added = await tx.insert(rolePermissions).values(rows).onConflictDoNothing().returning();
  return added.length;
}

export async function setInheritedRoles(
  tx: Executor,
  role: RoleRow,
  inheritedIds: readonly string[],
): Promise<void> {
  await tx.delete(roleInheritance).where(eq(roleInheritance.roleId, role.id));
  if (inheritedIds.length === 0) return;
  await tx
    .insert(roleInheritance)
    .values(inheritedIds.map((inheritsId) => ({ roleId: role.id, inheritsId })));
}

/** Holders of any of the roles, in order of their ids, after `after`. */
export async function holdersOf(
  db: Executor,
  roleIds: readonly string[],
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectDistinct({ userId: userRoles.userId })
    .from(userRoles)
    .where(
      and(inArray(userRoles.roleId, [...roleIds]), after ? sql`${userRoles.userId} > ${after}` : undefined),
    )
    .orderBy(asc(userRoles.userId))
    .limit(limit);
  return rows.map((row) => row.userId);
}

/** Ids of the roles that grant the permission directly. */
export async function rolesGranting(db: Executor, permissionId: string): Promise<string[]> {
  const rows = await db
    .select({ id: rolePermissions.roleId })
    .from(rolePermissions)
    .where(eq(rolePermissions.permissionId, permissionId));
  return rows.map((row) => row.id);
}

/** Gives one of the tenant's own roles, by name, in one statement. */
export async function giveRoleByName(
  tx: Executor,
  user: { id: string; tenantId: string },
  name: string,
): Promise<void> {
  const given = await tx.execute(sql`
    insert into ${userRoles} (user_id, role_id)
    select ${user.id}::uuid, id from ${roles} where tenant_id = ${user.tenantId} and name = ${name}`);
  if (given.rowCount !== 1) throw new Error(`the tenant has no role ${name}`);
}
