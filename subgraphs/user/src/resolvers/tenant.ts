import { requirePrincipal } from '@gatehouse/identity';
import type {
  MutationResolvers,
  QueryResolvers,
  TenantBrandingResolvers,
  TenantResolvers,
} from '../../generated/resolvers.ts';
import { activateTenant } from '../activate-tenant.ts';
import type { Context } from '../context.ts';
import { createTenant } from '../create-tenant.ts';
import { deleteTenant } from '../delete-tenant.ts';
import { idField } from '../fields.ts';
import { requireTenant } from '../find-tenant.ts';
import { maySeeTenants } from '../installation.ts';
import { listTenants } from '../list-tenants.ts';
import { readableOn } from '../readable-on.ts';
import { suspendTenant } from '../suspend-tenant.ts';
import type { TenantRow } from '../tables/index.ts';
import { updateBranding } from '../update-branding.ts';
import { updateTenant } from '../update-tenant.ts';

/** A tenant that the caller may see; null for everybody else, and for none. */
async function visibleTenant(id: string, { caller, loaders, deps }: Context): Promise<TenantRow | null> {
  const tenantId = idField.safeParse(id);
  const tenant = tenantId.success ? await loaders.tenant.load(tenantId.data) : null;
  if (!tenant || caller.service !== null) return tenant;
  const { principal } = caller;
  if (!principal) return null;
  if (principal.tenantId === tenant.id) return tenant;
  return !tenant.erasedAt && (await maySeeTenants(deps.database.db, principal)) ? tenant : null;
}

export const tenantResolvers: TenantResolvers = {
  __resolveReference: ({ id }, context) => visibleTenant(id, context),
  branding: (tenant) => tenant,
  hosts: ({ id }, _args, { loaders }) => loaders.hostsOfTenant.load(id),
  erasedAt: ({ erasedAt, eraseAt }) => erasedAt ?? eraseAt,
};

/** Of what is public and of what services are told. */
export const brandingResolvers: Pick<TenantBrandingResolvers, 'onPrimaryColor'> = {
  onPrimaryColor: ({ primaryColor }) => (primaryColor ? readableOn(primaryColor) : null),
};

export const tenantQueries: QueryResolvers = {
  tenantBranding: (_parent, _args, { caller, deps }) => requireTenant(deps.database.db, caller.client.host),
  tenant: (_parent, { id }, context) => {
    requirePrincipal(context.caller);
    return visibleTenant(id, context);
  },
  tenants: (_parent, args, { caller, deps }) => listTenants(deps, requirePrincipal(caller), args),
};

export const tenantMutations: MutationResolvers = {
  createTenant: (_parent, { input }, { deps, caller }) => createTenant(deps, requirePrincipal(caller), input),
  updateTenant: async (_parent, { input }, { deps, caller }) => ({
    tenant: await updateTenant(deps, requirePrincipal(caller), input),
  }),
  suspendTenant: async (_parent, { input }, { deps, caller }) => ({
    tenant: await suspendTenant(deps, requirePrincipal(caller), input),
  }),
  activateTenant: async (_parent, { input }, { deps, caller }) => ({
    tenant: await activateTenant(deps, requirePrincipal(caller), input),
  }),
  deleteTenant: (_parent, { input }, { deps, caller }) => deleteTenant(deps, requirePrincipal(caller), input),
  updateBranding: async (_parent, { input }, { deps, caller }) => ({
    tenant: await updateBranding(deps, requirePrincipal(caller), input),
  }),
};
