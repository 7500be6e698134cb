import type { Tx } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { changeTenant } from './change-tenant.ts';
import type { UserDeps } from './deps.ts';
import { lockKnownTenant, requireInstallation } from './installation.ts';
import { defaultTenantSlug, updateTenantRow } from './queries/tenants.ts';
import type { TenantRow, TenantStatus } from './tables/index.ts';

/**
 * Moves a tenant to another status. FORBIDDEN, STEP_UP_REQUIRED, NOT_FOUND; CONFLICT from any other status, and for the
 * default tenant, from which the others are administered.
 */
export async function changeTenantStatus(
  deps: UserDeps,
  principal: Principal,
  tenantId: string,
  change: { from: readonly TenantStatus[]; set: Parameters<typeof updateTenantRow>[2] },
): Promise<TenantRow> {
  await requireInstallation(deps.database.db, principal);
  requireRecent(principal);
  const { tenant } = await changeTenant(deps, async (tx: Tx) => {
    const before = await lockKnownTenant(tx, tenantId);
    if (before.slug === defaultTenantSlug)
      throw new GatehouseError('CONFLICT', 'The default tenant can not be suspended or deleted.');
    if (!change.from.includes(before.status))
      throw new GatehouseError('CONFLICT', `The tenant is ${before.status}.`);
    return { tenantId, tenant: await updateTenantRow(tx, tenantId, change.set) };
  });
  return tenant;
}
