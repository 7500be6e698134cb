import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from './origin.ts';
import { unlock } from './queries/credentials.ts';
import { clearAttempts, isGuardLocked } from './queries/mfa-guard.ts';
import { actorOf } from './revoke-session.ts';
import type { Services } from './services.ts';
import { findSubject } from './subject.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z.object({ userId: z.uuid() });

/** Lifts the locks that wrong passwords and codes have put on an account. Idempotent. */
export async function unlockUser(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ userId: string }> {
  const { userId } = readInput(input, request);
  const { tenantId } = principal;
  const subject = await findSubject(services, userId);
  if (subject?.tenantId !== tenantId) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  await inUnitOfWork(services, async (unit) => {
    const passwordWasLocked = await unlock(unit.tx, tenantId, userId);
    const codesWereLocked = await isGuardLocked(unit.tx, userId);
    await clearAttempts(unit.tx, userId);
    if (!passwordWasLocked && !codesWereLocked) return;
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'ACCOUNT_UNLOCKED',
      userId,
      origin: originOf(client),
      details: { unlockedBy: actorOf(principal) },
    });
  });
  return { userId };
}
