import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenantStatus } from './change-tenant-status.ts';
import type { UserDeps } from './deps.ts';
import { idField, reasonField, retentionDaysField } from './fields.ts';
import type { TenantRow } from './tables/index.ts';

const inputShape = z.object({ tenantId: idField, reason: reasonField, retentionDays: retentionDaysField });

/** Soft-deletes a tenant: it refuses everything, and is erased, with its people, when the retention ends. */
export async function deleteTenant(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<{ tenant: TenantRow; erasedAt: Date }> {
  const { tenantId, reason = null, retentionDays } = readInput(inputShape, input);
  const now = new Date();
  const erasedAt = new Date(now.getTime() + (retentionDays ?? deps.config.retentionDays) * 86_400_000);
  const tenant = await changeTenantStatus(deps, principal, tenantId, {
    from: ['ACTIVE', 'SUSPENDED'],
    set: { status: 'DELETED', statusReason: reason, deletedAt: now, eraseAt: erasedAt },
  });
  return { tenant, erasedAt };
}
