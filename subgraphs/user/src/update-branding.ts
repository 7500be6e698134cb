import type { Tx } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenant } from './change-tenant.ts';
import type { UserDeps } from './deps.ts';
import { updateTenantRow } from './queries/tenants.ts';
import type { TenantRow } from './tables/index.ts';
import { brandingFields } from './tenant-fields.ts';

const inputShape = z.object(brandingFields);

/** Changes how the caller's tenant looks, and under which name its mails come. BAD_USER_INPUT. */
export async function updateBranding(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<TenantRow> {
  const change = readInput(inputShape, input);
  const { tenantId } = principal;
  const { tenant } = await changeTenant(deps, async (tx: Tx) => ({
    tenantId,
    tenant: await updateTenantRow(tx, tenantId, { ...change, updatedAt: new Date() }),
  }));
  return tenant;
}
