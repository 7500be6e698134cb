import { type Executor, violatedConstraint } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { and, asc, eq, inArray, isNull, ne, notInArray, or, sql } from 'drizzle-orm';
import { nameOfHost } from '../hosts.ts';
import { type TenantRow, tenantDomains, tenants } from '../tables/index.ts';

/** The tenant of a fresh installation, from which the others are administered. */
export const defaultTenantSlug = 'default';

export async function tenantsById(db: Executor, ids: readonly string[]): Promise<TenantRow[]> {
  return await db
    .select()
    .from(tenants)
    .where(inArray(tenants.id, [...ids]));
}

export async function tenantById(db: Executor, id: string): Promise<TenantRow | null> {
  return (await tenantsById(db, [id]))[0] ?? null;
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

/** The new row; CONFLICT for a slug in use. */
export async function insertTenant(tx: Executor, tenant: typeof tenants.$inferInsert): Promise<TenantRow> {
  try {
    const [row] = await tx.insert(tenants).values(tenant).returning();
    if (!row) throw new Error('insert returned nothing');
    return row;
  } catch (error) {
    if (violatedConstraint(error) !== 'tenants_slug') throw error;
    throw new GatehouseError('CONFLICT', 'A tenant has this slug.');
  }
}

export async function updateTenantRow(
  tx: Executor,
  id: string,
  change: Partial<typeof tenants.$inferInsert>,
): Promise<TenantRow> {
  const [row] = await tx.update(tenants).set(change).where(eq(tenants.id, id)).returning();
  if (!row) throw new Error('the tenant is gone');
  return row;
}

/** Hosts of each tenant, in order. */
export async function hostsOfTenants(
  db: Executor,
  ids: readonly string[],
): Promise<{ tenantId: string; host: string }[]> {
  return await db
    .select({ tenantId: tenantDomains.tenantId, host: tenantDomains.host })
    .from(tenantDomains)
    .where(inArray(tenantDomains.tenantId, [...ids]))
    .orderBy(asc(tenantDomains.host));
}

/**
 * Makes these the tenant's hosts. Answers the first one that another tenant has, on whatever port (browsers share cookies
 * between the ports of a name); then nothing was changed. Holds other changes of hosts until the transaction ends.
 */
export async function replaceHosts(
  tx: Executor,
  tenantId: string,
  hosts: readonly string[],
): Promise<string | null> {
  await tx.execute(sql`lock table ${tenantDomains} in share row exclusive mode`);
  const names = [...new Set(hosts.map(nameOfHost))];
  const [taken] = await tx
    .select({ host: tenantDomains.host })
    .from(tenantDomains)
    .where(
      and(
        ne(tenantDomains.tenantId, tenantId),
        sql`regexp_replace(${tenantDomains.host}, ':[0-9]+$', '') = any(${sql.param(names)}::text[])`,
      ),
    )
    .limit(1);
  if (taken) return taken.host;
  await tx
    .delete(tenantDomains)
    .where(and(eq(tenantDomains.tenantId, tenantId), notInArray(tenantDomains.host, [...hosts])));
  await tx
    .insert(tenantDomains)
    .values(hosts.map((host) => ({ host, tenantId })))
    .onConflictDoNothing();
  return null;
}

/** Ids of tenants that lack something of what this version gives them. */
export async function tenantsToSeed(db: Executor, fingerprint: string): Promise<string[]> {
  const rows = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isNull(tenants.erasedAt), or(isNull(tenants.seeded), ne(tenants.seeded, fingerprint))));
  return rows.map(({ id }) => id);
}
