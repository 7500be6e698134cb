import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { announceChange } from '../announce-change.ts';
import type { UserDeps } from '../deps.ts';
import { hasSuperAdministrator, isSuperAdministrator } from '../queries/super-administrators.ts';
import { updateUser } from '../queries/users.ts';
import { outbox, type UserRow } from '../tables/index.ts';
import { hearOf } from './other-systems.ts';

/** From which severity on an account is disabled. Below it, the auth subgraph ends the sessions or only records it. */
const disabling: readonly string[] = ['high', 'critical'];

/** A grave violation disables the account until an administrator enables it; never a tenant's last super-administrator. */
export const complianceViolated = (deps: UserDeps) =>
  hearOf(deps, {
    group: 'user.compliance',
    type: 'compliance.violation',
    async react(tx, user, { data: { violationType, severity } }) {
      if (!disabling.includes(severity)) return;
      if (!(await disable(tx, user, `compliance: ${violationType}`)))
        deps.logger.warn({ userId: user.id }, 'a compliance violation has not disabled the account');
    },
    async afterwards({ data: { userId, severity } }) {
      if (disabling.includes(severity)) await announceChange(deps, { userId, ended: false });
    },
  });

/** False for the last super-administrator, and for who is disabled already. */
async function disable(tx: Tx, user: UserRow, reason: string): Promise<boolean> {
  const { id: userId, tenantId } = user;
  const set = { status: 'DISABLED', statusReason: reason } as const;
  if (!(await updateUser(tx, tenantId, userId, set, ['PENDING', 'ACTIVE', 'DEACTIVATED']))) return false;
  if ((await isSuperAdministrator(tx, userId)) && !(await hasSuperAdministrator(tx, tenantId))) {
    await updateUser(tx, tenantId, userId, { status: user.status, statusReason: user.statusReason }, [
      'DISABLED',
    ]);
    return false;
  }
  await writeEvent(tx, outbox, {
    type: 'user.deactivated',
    tenantId,
    subject: userId,
    data: { userId, deactivatedBy: 'compliance', reason },
  });
  return true;
}
