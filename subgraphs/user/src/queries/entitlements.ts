import type { Executor } from '@gatehouse/data';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { type RoleRow, roleEntitlements, roles, userRoles } from '../tables/index.ts';

/** Plans and features that give each role, by name. */
export async function entitlementsOfRoles(
  db: Executor,
  roleIds: readonly string[],
): Promise<{ roleId: string; entitlement: string }[]> {
  return await db
    .select()
    .from(roleEntitlements)
    .where(inArray(roleEntitlements.roleId, [...roleIds]))
    .orderBy(asc(roleEntitlements.entitlement));
}

/** Makes these, and no others, the plans and features that give the role. */
export async function setEntitlements(
  tx: Executor,
  role: RoleRow,
  entitlements: readonly string[],
): Promise<void> {
  await tx.delete(roleEntitlements).where(eq(roleEntitlements.roleId, role.id));
  if (entitlements.length === 0) return;
  await tx
    .insert(roleEntitlements)
    .values(entitlements.map((entitlement) => ({ roleId: role.id, entitlement })));
}

/**
 * Gives the tenant's roles that these plans and features give, and takes those that others gave before; what somebody was
 * given otherwise stays theirs. Answers the names.
 */
export async function followEntitlements(
  tx: Executor,
  user: { id: string; tenantId: string },
  entitlements: readonly string[],
): Promise<{ added: string[]; removed: string[] }> {
  const wanted = await tx
    .selectDistinct({ id: roles.id, name: roles.name })
    .from(roleEntitlements)
    .innerJoin(roles, eq(roles.id, roleEntitlements.roleId))
    .where(and(eq(roles.tenantId, user.tenantId), inArray(roleEntitlements.entitlement, [...entitlements])));
  const held = await tx
    .select({ id: roles.id, name: roles.name, byPlan: userRoles.byPlan })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(eq(userRoles.userId, user.id));
  const added = wanted.filter(({ id }) => !held.some((role) => role.id === id));
  const removed = held.filter(({ id, byPlan }) => byPlan && !wanted.some((role) => role.id === id));
  if (added.length > 0)
    await tx.insert(userRoles).values(added.map(({ id }) => ({ userId: user.id, roleId: id, byPlan: true })));
  if (removed.length > 0)
    await tx.delete(userRoles).where(
      and(
        eq(userRoles.userId, user.id),
        inArray(
          userRoles.roleId,
          removed.map(({ id }) => id),
        ),
      ),
    );
  const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
  return { added: names(added), removed: names(removed) };
}
