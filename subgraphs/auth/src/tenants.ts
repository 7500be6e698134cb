import { GatehouseError } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';
import { TenantByHostDocument, type TenantByHostQuery, TenantByIdDocument } from '../generated/calls.ts';
import type { AuthDeps } from './deps.ts';

export type Tenant = NonNullable<TenantByHostQuery['tenantByHost']>;

/** How long a host's tenant is remembered. */
const ttl = 30_000;

/** The tenants of the user subgraph, by host. */
export function openTenants(deps: Pick<AuthDeps, 'call'>) {
  const known = new LRUCache<string, { tenant: Tenant | null }>({ max: 5_000, ttl });

  /** The tenant that owns a host; undefined for an unknown one. */
  const find = async (host: string): Promise<Tenant | undefined> => {
    const cached = known.get(host);
    if (cached) return cached.tenant ?? undefined;
    const { tenantByHost: tenant } = await deps.call('user', TenantByHostDocument, { host });
    known.set(host, { tenant }, { ttl: tenant ? ttl : ttl / 10 });
    return tenant ?? undefined;
  };

  return {
    find,
    /** The tenant of a public request, or UNKNOWN_TENANT. */
    async ofHost(host: string): Promise<Tenant> {
      const tenant = await find(host);
      if (tenant) return tenant;
      throw new GatehouseError('UNKNOWN_TENANT', 'This host belongs to no tenant.');
    },
  };
}

export type Tenants = ReturnType<typeof openTenants>;

/** The issuer identifier of a tenant. */
export const issuerOf = (tenant: Pick<Tenant, 'publicUrl'>): string =>
  `${tenant.publicUrl.replace(/\/$/, '')}/oauth2`;

/** A tenant by its id; undefined when it is gone. */
export async function findTenant(deps: Pick<AuthDeps, 'call'>, id: string): Promise<Tenant | undefined> {
  return (await deps.call('user', TenantByIdDocument, { id })).tenantById ?? undefined;
}
