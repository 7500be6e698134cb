import { actsFor, type Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { actorOf } from './authority.ts';
import { changeStatus } from './change-status.ts';
import type { UserDeps } from './deps.ts';
import { idField, reasonField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({ userId: idField, reason: reasonField });

/** To DISABLED; every session ends. Nobody disables themselves. */
export async function disableUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId, reason = null } = readInput(inputShape, input);
  if (actsFor(principal, userId)) throw new GatehouseError('FORBIDDEN', 'You can not disable yourself.');
  return await changeStatus(deps, principal, userId, {
    from: ['PENDING', 'ACTIVE', 'DEACTIVATED'],
    set: { status: 'DISABLED', statusReason: reason },
    event: () => ({
      type: 'user.deactivated',
      data: { userId, deactivatedBy: actorOf(principal), reason },
    }),
    ended: true,
  });
}
