import { actsFor, type Principal, requireOwnClient, requireRecent } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { actorOf, requireHeld } from './authority.ts';
import { changeStatus } from './change-status.ts';
import type { UserDeps } from './deps.ts';
import { idField, reasonField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({ userId: idField.nullish(), reason: reasonField });

/** ACTIVE to DEACTIVATED: the own account, or with users:write another's. Every session ends. STEP_UP_REQUIRED. */
export async function deactivateUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId: named, reason = null } = readInput(inputShape, input);
  const userId = named ?? ownId(principal);
  if (actsFor(principal, userId)) requireOwnClient(principal);
  else requireHeld(principal, 'users:write');
  requireRecent(principal);
  return await changeStatus(deps, principal, userId, {
    from: ['ACTIVE'],
    set: { status: 'DEACTIVATED', statusReason: reason },
    event: () => ({
      type: 'user.deactivated',
      data: { userId, deactivatedBy: actorOf(principal), reason },
    }),
    ended: true,
  });
}

function ownId(principal: Principal): string {
  if (principal.kind === 'user') return principal.userId;
  throw badInput({ path: 'userId', message: 'is required from a client' });
}
