import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteBackupCodesOf } from '../queries/backup-codes.ts';
import { lockCredential } from '../queries/credentials.ts';
import { deleteFactorsOf, findActiveFactors } from '../queries/mfa-factors.ts';
import { clearAttempts } from '../queries/mfa-guard.ts';
import { deleteDevicesOf } from '../queries/remembered-devices.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findSubject } from '../subject.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { methodOf } from './methods.ts';
import { requireRecentSession } from './require-recent-session.ts';

const input = z.object({ userId: z.uuid() });

/**
 * Takes every second factor from somebody who has lost them, and ends their sessions; they are told by mail. Idempotent.
 * NOT_FOUND; FORBIDDEN for who may more than the caller, and for oneself; STEP_UP_REQUIRED.
 */
export async function resetMfa(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ userId: string }> {
  const { userId } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const subject = await findSubject(services, userId);
  if (subject?.tenantId !== tenantId) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  if (actorOf(principal) === userId)
    throw new GatehouseError('FORBIDDEN', 'Remove your own factors instead.');
  if (!subject.permissions.every((name) => principal.permissions.includes(name))) {
    throw new GatehouseError('FORBIDDEN', 'This user has permissions that you do not have.');
  }
  await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const factors = await findActiveFactors(unit.tx, { tenantId, userId });
    if (factors.length === 0) return;
    await deleteFactorsOf(unit.tx, userId);
    await deleteBackupCodesOf(unit.tx, userId);
    await deleteDevicesOf(unit.tx, userId);
    await clearAttempts(unit.tx, userId);
    await endSessions(unit, { tenantId, userId, logoutType: 'forced' });
    for (const { kind } of factors) {
      await unit.event('auth.factor_removed', tenantId, userId, { userId, method: kind });
    }
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'MFA_DISABLED',
      userId,
      origin: originOf(client),
      details: { methods: factors.map(({ kind }) => methodOf[kind]), factorsLeft: 0, by: actorOf(principal) },
    });
  });
  return { userId };
}
