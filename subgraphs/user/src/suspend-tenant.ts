import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenantStatus } from './change-tenant-status.ts';
import type { UserDeps } from './deps.ts';
import { idField, reasonField } from './fields.ts';
import type { TenantRow } from './tables/index.ts';

const inputShape = z.object({ tenantId: idField, reason: reasonField });

/** To SUSPENDED: every process refuses everything of it within a second, and nothing of it is lost. */
export async function suspendTenant(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<TenantRow> {
  const { tenantId, reason = null } = readInput(inputShape, input);
  return await changeTenantStatus(deps, principal, tenantId, {
    from: ['ACTIVE'],
    set: { status: 'SUSPENDED', statusReason: reason },
  });
}
