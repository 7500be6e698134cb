import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { giveBackupCodes } from './activate-factor.ts';
import { requireRecentSession } from './require-recent-session.ts';

/** New backup codes; the older ones are void. CONFLICT without a second factor; STEP_UP_REQUIRED. */
export async function regenerateBackupCodes(
  services: Services,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ backupCodes: string[] }> {
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  return inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    if ((await findActiveFactors(unit.tx, { tenantId, userId })).length === 0) {
      throw new GatehouseError('CONFLICT', 'Backup codes stand in for a second factor: add one first.');
    }
    const backupCodes = await giveBackupCodes(services, unit, { tenantId, userId });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'BACKUP_CODES_REGENERATED',
      userId,
      origin: originOf(client),
    });
    return { backupCodes };
  });
}
