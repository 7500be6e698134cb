import type { Executor } from '@gatehouse/data';
import { hasPermission, type Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { defaultTenantSlug, lockTenant, tenantById, tenantBySlug } from './queries/tenants.ts';
import type { TenantRow } from './tables/index.ts';

/** Whether the principal belongs to the default tenant, which administers the others. */
export async function isOfInstallation(db: Executor, principal: Principal): Promise<boolean> {
  return (await tenantBySlug(db, defaultTenantSlug))?.id === principal.tenantId;
}

/** FORBIDDEN for whoever is not of the default tenant, whatever permissions they hold. */
export async function requireInstallation(db: Executor, principal: Principal): Promise<void> {
  if (await isOfInstallation(db, principal)) return;
  throw new GatehouseError('FORBIDDEN', 'Only administrators of the installation may do this.');
}

/** Whether the principal may see a tenant: the own one, or any with tenants:read of the installation. */
export async function maySeeTenants(db: Executor, principal: Principal): Promise<boolean> {
  return hasPermission(principal, 'tenants:read') && (await isOfInstallation(db, principal));
}

/** The tenant, locked until the transaction ends. NOT_FOUND for none and for one that is erased. */
export async function lockKnownTenant(tx: Executor, id: string): Promise<TenantRow> {
  await lockTenant(tx, id);
  const tenant = await tenantById(tx, id);
  if (tenant && !tenant.erasedAt) return tenant;
  throw new GatehouseError('NOT_FOUND', 'There is no such tenant.');
}
