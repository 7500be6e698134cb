import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteBackupCodesOf } from '../queries/backup-codes.ts';
import { lockCredential } from '../queries/credentials.ts';
import { hasWayIn } from '../queries/linked-accounts.ts';
import { deleteChallengesOf } from '../queries/mfa-challenges.ts';
import { deleteFactor, findActiveFactors } from '../queries/mfa-factors.ts';
import { deleteDevicesOf } from '../queries/remembered-devices.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { methodOf } from './methods.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { requiredFrom } from './requirement.ts';
import { subjectOf } from './subject-of.ts';

const input = z.object({ factorId: z.uuid() });

/**
 * Takes a second factor from the caller's account; sign-ins that wait for one come to nothing, and
 * remembered devices are forgotten. With the last one go the
 * backup codes, unless one is required, or a passkey is the only way in: CONFLICT. NOT_FOUND; STEP_UP_REQUIRED.
 */
export async function removeFactor(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ factorId: string }> {
  const { factorId } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  const subject = await subjectOf(services, principal);
  const policy = await services.policies.of(tenantId);
  await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const removed = await deleteFactor(unit.tx, { tenantId, userId }, factorId);
    if (!removed) throw new GatehouseError('NOT_FOUND', 'There is no such factor.');
    await deleteChallengesOf(unit.tx, userId);
    await deleteDevicesOf(unit.tx, userId);
    const left = await findActiveFactors(unit.tx, { tenantId, userId });
    if (removed.kind === 'passkey' && !(await hasWayIn(unit.tx, { tenantId, userId }, policy))) {
      throw new GatehouseError('CONFLICT', 'Nothing else signs in to this account: set a password first.');
    }
    if (left.length === 0) {
      if (await requiredFrom(unit.tx, subject)) {
        throw new GatehouseError('CONFLICT', 'A second factor is required: add another one first.');
      }
      await deleteBackupCodesOf(unit.tx, userId);
    }
    unit.revoke({ userId, ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'MFA_DISABLED',
      userId,
      origin: originOf(client),
      details: { method: methodOf[removed.kind], factorsLeft: left.length },
    });
    await unit.event('auth.factor_removed', tenantId, userId, { userId, method: removed.kind });
  });
  return { factorId };
}
