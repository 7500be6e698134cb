import type { Tx } from '@gatehouse/data';
import { StartupError } from '@gatehouse/service-kit';
import { and, eq, notInArray } from 'drizzle-orm';
import { announceRoleChange } from './announce-change.ts';
import type { UserDeps } from './deps.ts';
import { normaliseHost } from './find-tenant.ts';
import { lockTenant, tenantBySlug } from './queries/tenants.ts';
import { seedRoles } from './seed-roles.ts';
import { type TenantRow, tenantDomains, tenants } from './tables/index.ts';

export type TenantDefinition = {
  slug: string;
  name: string;
  /** Hosts it answers besides that of `publicUrl`: `name:port`, or `name` for every port. */
  hosts: readonly string[];
  publicUrl: string;
};

export type TenantDeps = Pick<UserDeps, 'database' | 'keyValue' | 'pubSub' | 'logger'>;

/**
 * Creates a tenant, or brings it in step with its definition: hosts, public URL, the product's permissions and roles; its
 * name stays as it was changed.
 * Idempotent; processes that start together wait for each other. StartupError when a host is another tenant's.
 */
export async function ensureTenant(deps: TenantDeps, wanted: TenantDefinition): Promise<TenantRow> {
  const url = new URL(wanted.publicUrl);
  const definition = {
    slug: wanted.slug,
    name: wanted.name,
    primaryHost: url.host,
    publicUrl: url.origin,
  };
  const { tenant, changed } = await deps.database.transaction(async (tx: Tx) => {
    const tenant = await upsertTenant(tx, definition);
    await lockTenant(tx, tenant.id);
    await setDomains(tx, tenant, [...new Set([url.host, ...wanted.hosts].map(normaliseHost))]);
    return { tenant, changed: await seedRoles(tx, tenant) };
  });
  await announceRoleChange(deps, changed);
  return tenant;
}

async function upsertTenant(tx: Tx, definition: typeof tenants.$inferInsert): Promise<TenantRow> {
  const { primaryHost, publicUrl } = definition;
  const [inserted] = await tx.insert(tenants).values(definition).onConflictDoNothing().returning();
  if (inserted) return inserted;
  const known = await tenantBySlug(tx, definition.slug);
  if (!known) throw new Error('the tenant is gone');
  if (known.primaryHost === primaryHost && known.publicUrl === publicUrl) return known;
  const [updated] = await tx
    .update(tenants)
    .set({ primaryHost, publicUrl })
    .where(eq(tenants.id, known.id))
    .returning();
  return updated ?? known;
}

async function setDomains(tx: Tx, tenant: TenantRow, hosts: string[]): Promise<void> {
  await tx
    .delete(tenantDomains)
    .where(and(eq(tenantDomains.tenantId, tenant.id), notInArray(tenantDomains.host, hosts)));
  for (const host of hosts) {
    await tx.insert(tenantDomains).values({ host, tenantId: tenant.id }).onConflictDoNothing();
    const [domain] = await tx.select().from(tenantDomains).where(eq(tenantDomains.host, host));
    if (domain?.tenantId !== tenant.id) throw new StartupError(`The host ${host} belongs to another tenant.`);
  }
}
