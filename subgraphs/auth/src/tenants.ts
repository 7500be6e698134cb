import { createTenantCache } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { TenantByHostDocument, type TenantByHostQuery, TenantByIdDocument } from '../generated/calls.ts';
import type { AuthDeps } from './deps.ts';

export type Tenant = NonNullable<TenantByHostQuery['tenantByHost']>;

/** The tenants of the user subgraph, by host. */
export function openTenants(deps: Pick<AuthDeps, 'call'>) {
  const hosts = createTenantCache<Tenant>(
    async (host) => (await deps.call('user', TenantByHostDocument, { host })).tenantByHost,
  );

  return {
    /** The tenant that owns a host, suspended or not; undefined for an unknown one. */
    find: async (host: string): Promise<Tenant | undefined> => (await hosts.find(host)) ?? undefined,
    /** The tenant of a public request; UNKNOWN_TENANT, or TENANT_SUSPENDED while it refuses everything. */
    async ofHost(host: string): Promise<Tenant> {
      const tenant = await hosts.find(host);
      if (!tenant) throw new GatehouseError('UNKNOWN_TENANT', 'This host belongs to no tenant.');
      return requireOpen(tenant);
    },
    follow: hosts.follow,
  };
}

export type Tenants = ReturnType<typeof openTenants>;

/** The tenant, or TENANT_SUSPENDED while it refuses everything. */
export function requireOpen(tenant: Tenant): Tenant {
  if (tenant.status === 'ACTIVE') return tenant;
  throw new GatehouseError('TENANT_SUSPENDED', 'This tenant is suspended.');
}

/** The issuer identifier of a tenant. */
export const issuerOf = (tenant: Pick<Tenant, 'publicUrl'>): string =>
  `${tenant.publicUrl.replace(/\/$/, '')}/oauth2`;

/** A tenant by its id; undefined when it is gone. */
export async function findTenant(deps: Pick<AuthDeps, 'call'>, id: string): Promise<Tenant | undefined> {
  return (await deps.call('user', TenantByIdDocument, { id })).tenantById ?? undefined;
}
