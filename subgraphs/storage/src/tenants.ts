import { createTenantCache } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { TenantByIdDocument, type TenantByIdQuery } from '../generated/calls.ts';
import type { StorageDeps } from './deps.ts';

type Tenant = NonNullable<TenantByIdQuery['tenantById']>;

/** The tenants of the user subgraph, by id. */
export function openTenants({ call }: Pick<StorageDeps, 'call'>) {
  const tenants = createTenantCache<Tenant>(
    async (id) => (await call('user', TenantByIdDocument, { id })).tenantById,
  );
  const find = async (id: string): Promise<Tenant> => {
    const tenant = await tenants.find(id);
    if (!tenant) throw new GatehouseError('NOT_FOUND', 'There is no such tenant.');
    return tenant;
  };
  return {
    /** Where links of the tenant lead. */
    publicUrlOf: async (id: string): Promise<string> => (await find(id)).publicUrl,
    /** TENANT_SUSPENDED while the tenant refuses everything. */
    async requireOpen(id: string): Promise<void> {
      if ((await find(id)).status === 'ACTIVE') return;
      throw new GatehouseError('TENANT_SUSPENDED', 'This tenant is suspended.');
    },
    follow: tenants.follow,
  };
}

export type Tenants = ReturnType<typeof openTenants>;
