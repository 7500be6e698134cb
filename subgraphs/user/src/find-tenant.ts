import type { Executor } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { tenantOfHosts } from './queries/tenants.ts';
import type { TenantRow } from './tables/index.ts';

/** As hosts are stored: lower case, without the root's dot. */
export const normaliseHost = (host: string): string =>
  host
    .trim()
    .toLowerCase()
    .replace(/\.(?=:\d+$|$)/, '');

/** The tenant that answers a host: `name:port` first, then `name` for every port. */
export async function findTenant(db: Executor, host: string): Promise<TenantRow | null> {
  const wanted = normaliseHost(host);
  if (wanted === '' || wanted.length > 260 || wanted.includes('\0')) return null;
  return await tenantOfHosts(db, [wanted, wanted.replace(/:\d+$/, '')]);
}

/** The tenant that answers a host; UNKNOWN_TENANT, or TENANT_SUSPENDED while it refuses everything. */
export async function requireTenant(db: Executor, host: string): Promise<TenantRow> {
  const tenant = await findTenant(db, host);
  if (!tenant) throw new GatehouseError('UNKNOWN_TENANT', 'This host belongs to no tenant.');
  if (tenant.status !== 'ACTIVE') throw new GatehouseError('TENANT_SUSPENDED', 'This tenant is suspended.');
  return tenant;
}
