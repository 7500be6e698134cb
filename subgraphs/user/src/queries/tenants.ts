import type { Executor } from '@gatehouse/data';
import { eq, inArray, sql } from 'drizzle-orm';
import { type TenantRow, tenantDomains, tenants } from '../tables/index.ts';

export async function tenantsById(db: Executor, ids: readonly string[]): Promise<TenantRow[]> {
  return await db
    .select()
    .from(tenants)
    .where(inArray(tenants.id, [...ids]));
}

export async function tenantBySlug(db: Executor, slug: string): Promise<TenantRow | null> {
  const [row] = await db.select().from(tenants).where(eq(tenants.slug, slug));
  return row ?? null;
}

/** The tenant of the first of these hosts that belongs to one. */
export async function tenantOfHosts(db: Executor, hosts: readonly string[]): Promise<TenantRow | null> {
  const [found] = await db
    .select({ tenant: tenants })
    .from(tenantDomains)
    .innerJoin(tenants, eq(tenants.id, tenantDomains.tenantId))
    .where(inArray(tenantDomains.host, [...hosts]))
    .orderBy(sql`array_position(${sql.param([...hosts])}::text[], ${tenantDomains.host})`)
    .limit(1);
  return found?.tenant ?? null;
}

/** Changes to the roles of one tenant, and its seeding, happen one after the other. Holds until the transaction ends. */
export async function lockTenant(tx: Executor, tenantId: string): Promise<void> {
  await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update');
}
