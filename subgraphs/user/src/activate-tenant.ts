import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenantStatus } from './change-tenant-status.ts';
import type { UserDeps } from './deps.ts';
import { idField } from './fields.ts';
import type { TenantRow } from './tables/index.ts';

const inputShape = z.object({ tenantId: idField });

/** To ACTIVE, from SUSPENDED or, until its erasure has begun, DELETED. */
export async function activateTenant(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<TenantRow> {
  const { tenantId } = readInput(inputShape, input);
  return await changeTenantStatus(deps, principal, tenantId, {
    from: ['SUSPENDED', 'DELETED'],
    set: { status: 'ACTIVE', statusReason: null, deletedAt: null, eraseAt: null },
  });
}
