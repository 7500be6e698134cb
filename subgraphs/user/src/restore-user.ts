import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { actorOf } from './authority.ts';
import { changeStatus } from './change-status.ts';
import type { UserDeps } from './deps.ts';
import { idField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({ userId: idField });

/** DELETED to DISABLED, while retained. EMAIL_TAKEN or USERNAME_TAKEN when somebody else has taken them. */
export async function restoreUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId } = readInput(inputShape, input);
  return await changeStatus(deps, principal, userId, {
    from: ['DELETED'],
    set: { status: 'DISABLED', deletedAt: null, eraseAt: null },
    event: () => ({
      type: 'user.updated',
      data: {
        userId,
        changes: { status: 'DISABLED' },
        previousValues: { status: 'DELETED' },
        updatedBy: actorOf(principal),
      },
    }),
    ended: false,
  });
}
