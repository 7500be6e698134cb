import { hash } from 'node:crypto';
import type { Tx } from '@gatehouse/data';
import {
  installationPermissions,
  type Permission,
  permissions as productPermissions,
  seededRoles,
} from '@gatehouse/identity';
import { eq, sql } from 'drizzle-orm';
import { addRolePermissions, rolesByName } from './queries/roles.ts';
import { superAdministrator } from './queries/super-administrators.ts';
import { defaultTenantSlug } from './queries/tenants.ts';
import { permissions, roles, type TenantRow, tenants } from './tables/index.ts';

/** What this version gives every tenant, by which one that lacks some of it is found. */
export const seedFingerprint = hash('sha256', JSON.stringify([productPermissions, seededRoles]), 'base64url');

/**
 * Gives a tenant the product's permissions and roles, as far as it lacks them. A permission that is new to the tenant
 * goes to the seeded roles that have it by default; what an administrator took from them stays taken. Answers the ids of
 * roles that gained something.
 */
export async function seedRoles(tx: Tx, { id: tenantId, slug }: TenantRow): Promise<string[]> {
  const newPermissions = await seedPermissions(tx, tenantId, slug === defaultTenantSlug);
  const newRoles = await insertSeededRoles(tx, tenantId);
  const all = await tx.select().from(permissions).where(eq(permissions.tenantId, tenantId));
  const changed: string[] = [];
  for (const role of await rolesByName(tx, tenantId, Object.keys(seededRoles))) {
    if (!role.system) continue;
    const byDefault: readonly string[] = seededRoles[role.name]?.permissions ?? [];
    const granted = all.filter(({ name }) => {
      if (role.name === superAdministrator) return true;
      return byDefault.includes(name) && (newRoles.includes(role.name) || newPermissions.includes(name));
    });
    const added = await addRolePermissions(
      tx,
      [role.id],
      granted.map(({ id }) => id),
    );
    if (added > 0) changed.push(role.id);
  }
  await tx.update(tenants).set({ seeded: seedFingerprint }).where(eq(tenants.id, tenantId));
  return changed;
}

/** Names of permissions that the tenant did not have as the product's own. */
async function seedPermissions(tx: Tx, tenantId: string, ofInstallation: boolean): Promise<string[]> {
  const names = (Object.keys(productPermissions) as Permission[]).filter(
    (name) => ofInstallation || !installationPermissions.includes(name),
  );
  const rows = names.map((name) => ({
    tenantId,
    name,
    description: productPermissions[name],
    system: true,
  }));
  const inserted = await tx
    .insert(permissions)
    .values(rows)
    .onConflictDoUpdate({
      target: [permissions.tenantId, permissions.name],
      set: { system: true, description: sql`excluded.description` },
      setWhere: eq(permissions.system, false),
    })
    .returning();
  return inserted.map(({ name }) => name);
}

/** Names of the roles made; a role that the tenant gave one of these names itself stays its own. */
async function insertSeededRoles(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = Object.entries(seededRoles).map(([name, { description }]) => ({
    tenantId,
    name,
    description,
    system: true,
  }));
  const inserted = await tx.insert(roles).values(rows).onConflictDoNothing().returning();
  return inserted.map(({ name }) => name);
}
