import { type Principal, requireRecent } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { actorOf } from './authority.ts';
import { changeStatus } from './change-status.ts';
import type { UserDeps } from './deps.ts';
import { idField, reasonField, retentionDaysField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({
  userId: idField,
  reason: reasonField,
  retentionDays: retentionDaysField,
});

/**
 * Soft-deletes: sessions end, address and username become free, the record is erased when the retention ends. STEP_UP_REQUIRED.
 */
export async function deleteUser(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<{ user: UserRow; erasedAt: Date }> {
  const { userId, reason = null, ...given } = readInput(inputShape, input);
  requireRecent(principal);
  const days = given.retentionDays ?? deps.config.retentionDays;
  const now = new Date();
  const erasedAt = new Date(now.getTime() + days * 86_400_000);
  const user = await changeStatus(deps, principal, userId, {
    from: ['PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED'],
    set: { status: 'DELETED', statusReason: reason, deletedAt: now, eraseAt: erasedAt },
    event: () => ({
      type: 'user.deleted',
      data: { userId, deletionReason: reason, deletedBy: actorOf(principal), retentionPolicy: `P${days}D` },
    }),
    ended: true,
  });
  return { user, erasedAt };
}
