import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorOf } from './authority.ts';
import { changeStatus } from './change-status.ts';
import type { UserDeps } from './deps.ts';
import { idField } from './fields.ts';
import { type UserRow, users } from './tables/index.ts';

const inputShape = z.object({ userId: idField });

/** DISABLED to ACTIVE; back to PENDING when the address was never confirmed, which enabling does not replace. */
export async function enableUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId } = readInput(inputShape, input);
  const updatedBy = actorOf(principal);
  return await changeStatus<'user.activated' | 'user.updated'>(deps, principal, userId, {
    from: ['DISABLED'],
    set: {
      status: sql`case when ${users.activatedAt} is null then 'PENDING' else 'ACTIVE' end`,
      statusReason: null,
    },
    event: (before, after) =>
      after.status === 'ACTIVE'
        ? {
            type: 'user.activated',
            data: { userId, activatedBy: updatedBy, activationMethod: 'enable' },
          }
        : {
            type: 'user.updated',
            data: {
              userId,
              changes: { status: after.status },
              previousValues: { status: before.status },
              updatedBy,
            },
          },
    ended: false,
  });
}
