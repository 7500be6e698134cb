import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { announceChange } from './announce-change.ts';
import { actorOf, lockUserBelow, requireAuthorityOverRoles, requireRoles } from './authority.ts';
import type { UserDeps } from './deps.ts';
import { idField, roleNameField } from './fields.ts';
import { keepSuperAdministrator } from './keep-super-administrator.ts';
import { giveRole, takeRole } from './queries/roles.ts';
import { superAdministrator } from './queries/super-administrators.ts';
import { outbox, type UserRow } from './tables/index.ts';

const inputShape = z.object({ userId: idField, role: roleNameField });

/**
 * Gives a role or takes it away; whoever holds it already, or not, stays as they are. NOT_FOUND; FORBIDDEN for users or
 * roles above the caller; CONFLICT for the last super-administrator; STEP_UP_REQUIRED.
 */
export async function changeRole(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
  what: 'assign' | 'remove',
): Promise<UserRow> {
  const { userId, role: name } = readInput(inputShape, input);
  requireRecent(principal);
  const { user, changed } = await deps.database.transaction(async (tx: Tx) => {
    const user = await lockUserBelow(tx, principal, userId);
    if (user.status === 'DELETED') throw new GatehouseError('CONFLICT', 'The account is DELETED.');
    const roles = await requireRoles(tx, principal.tenantId, [name], 'role');
    await requireAuthorityOverRoles(tx, principal, roles);
    let changed = false;
    for (const role of roles) changed = await (what === 'assign' ? giveRole : takeRole)(tx, userId, role.id);
    if (!changed) return { user, changed };
    if (what === 'remove' && name === superAdministrator) await keepSuperAdministrator(tx, user.tenantId);
    await writeEvent(tx, outbox, {
      type: 'user.roles_changed',
      tenantId: user.tenantId,
      subject: userId,
      data: {
        userId,
        added: what === 'assign' ? [name] : [],
        removed: what === 'remove' ? [name] : [],
        changedBy: actorOf(principal),
      },
    });
    return { user, changed };
  });
  if (changed) await announceChange(deps, { userId, ended: false });
  return user;
}
