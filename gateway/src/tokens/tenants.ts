import type { PubSub, Unsubscribe } from '@gatehouse/data';
import { createTenantCache } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { TenantOfHostDocument, type TenantOfHostQuery } from '../../generated/calls.ts';

type Tenant = NonNullable<TenantOfHostQuery['tenantByHost']>;

export type Tenants = {
  /** The tenant that owns a host; null when none does. */
  ofHost(host: string): Tenant | null | Promise<Tenant | null>;
  /** Refuses what comes to a tenant that refuses everything: `TENANT_SUSPENDED`. At once where the host is known. */
  requireOpen(host: string): void | Promise<void>;
  /** Learns of changes from then on; `changed` is told of them. */
  follow(pubSub: PubSub, changed: () => void): Promise<Unsubscribe>;
};

export const isOpen = (tenant: Tenant | null): boolean => tenant === null || tenant.status === 'ACTIVE';

/** Which tenant a host belongs to and whether it answers, asked of the user subgraph and kept until a tenant changes. */
export function createTenants(call: CallSubgraph): Tenants {
  const hosts = createTenantCache<Tenant>(
    async (host) => (await call('user', TenantOfHostDocument, { host })).tenantByHost,
  );
  return {
    ofHost: hosts.find,
    requireOpen(host) {
      const tenant = hosts.find(host);
      return tenant && 'then' in tenant ? tenant.then(refuseClosed) : refuseClosed(tenant);
    },
    follow: hosts.follow,
  };
}

function refuseClosed(tenant: Tenant | null): void {
  if (!isOpen(tenant)) throw new GatehouseError('TENANT_SUSPENDED', 'This tenant is suspended.');
}
