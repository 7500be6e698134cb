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

/** PENDING or DEACTIVATED to ACTIVE. */
export async function activateUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId } = readInput(inputShape, input);
  return await changeStatus(deps, principal, userId, {
    from: ['PENDING', 'DEACTIVATED'],
    set: { status: 'ACTIVE', statusReason: null, activatedAt: sql`coalesce(${users.activatedAt}, now())` },
    event: () => ({
      type: 'user.activated',
      data: { userId, activatedBy: actorOf(principal), activationMethod: 'admin' },
    }),
    ended: false,
  });
}
