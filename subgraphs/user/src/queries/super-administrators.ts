import type { Executor } from '@gatehouse/data';
import { and, eq } from 'drizzle-orm';
import { roles, userRoles, users } from '../tables/index.ts';

export const superAdministrator = 'super-admin';

/**
 * Whether the tenant has an active super-administrator. Locks their role until the transaction ends, so that of two
 * transactions that each remove one, the second sees what the first has left.
 */
export async function hasSuperAdministrator(tx: Executor, tenantId: string): Promise<boolean> {
  const ofTenant = and(eq(roles.tenantId, tenantId), eq(roles.name, superAdministrator));
  await tx.select({ id: roles.id }).from(roles).where(ofTenant).for('no key update');
  const [one] = await tx
    .select({ id: users.id })
    .from(users)
    .innerJoin(userRoles, eq(userRoles.userId, users.id))
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(and(ofTenant, eq(users.status, 'ACTIVE')))
    .limit(1);
  return one !== undefined;
}

export async function isSuperAdministrator(tx: Executor, userId: string): Promise<boolean> {
  const [one] = await tx
    .select({ id: roles.id })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(and(eq(userRoles.userId, userId), eq(roles.name, superAdministrator)));
  return one !== undefined;
}
