import type { Tx } from '@gatehouse/data';
import { type EventType, type NewEvent, writeEvent } from '@gatehouse/events';
import type { Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { announceChange } from './announce-change.ts';
import { lockUserBelow } from './authority.ts';
import type { UserDeps } from './deps.ts';
import { keepSuperAdministrator } from './keep-super-administrator.ts';
import { isSuperAdministrator } from './queries/super-administrators.ts';
import { updateUser } from './queries/users.ts';
import { outbox, type UserRow, type UserStatus } from './tables/index.ts';

type StatusEvent = Extract<
  EventType,
  'user.activated' | 'user.deactivated' | 'user.deleted' | 'user.updated'
>;

export type StatusChange<T extends StatusEvent> = {
  from: readonly UserStatus[];
  set: Parameters<typeof updateUser>[3];
  event: (before: UserRow, after: UserRow) => Pick<NewEvent<T>, 'type' | 'data'>;
  /** Whether sessions end. */
  ended: boolean;
};

/**
 * Moves a user of the caller's tenant to another status, with the event that tells about it. NOT_FOUND, FORBIDDEN for
 * users above the caller, CONFLICT from any other status or for the last super-administrator.
 */
export async function changeStatus<T extends StatusEvent>(
  deps: UserDeps,
  principal: Principal,
  userId: string,
  change: StatusChange<T>,
): Promise<UserRow> {
  const user = await deps.database.transaction(async (tx: Tx) => {
    const before = await lockUserBelow(tx, principal, userId);
    const after = await updateUser(tx, principal.tenantId, userId, change.set, change.from);
    if (!after) throw new GatehouseError('CONFLICT', `The account is ${before.status}.`);
    const leaves = before.status === 'ACTIVE' && after.status !== 'ACTIVE';
    if (leaves && (await isSuperAdministrator(tx, userId))) await keepSuperAdministrator(tx, after.tenantId);
    await writeEvent(tx, outbox, {
      ...change.event(before, after),
      tenantId: after.tenantId,
      subject: userId,
    });
    return after;
  });
  await announceChange(deps, { userId, ended: change.ended });
  return user;
}
