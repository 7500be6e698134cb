import type { UserPrincipal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { activateByCode, findFactor } from '../queries/mfa-factors.ts';
import { clearAttempts, takeAttempt } from '../queries/mfa-guard.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import { requireRecentSession } from './require-recent-session.ts';

/**
 * Has e-mail or SMS count as a second factor, once the code that was sent has come back. INVALID_CODE for a wrong one, counted
 * like any of the account; STEP_UP_REQUIRED.
 */
export async function confirmCodeFactor(
  services: Services,
  { kind, codeHash }: { kind: 'email' | 'sms'; codeHash: string },
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<ConfirmedFactor> {
  await requireRecentSession(services, principal, { always: true });
  const { tenantId, userId } = principal;
  const { mfaAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  const confirmed = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const [taken] = await takeAttempt(unit.tx, [
      tenantId,
      userId,
      mfaAttempts,
      lockoutSeconds,
      lockoutMaxSeconds,
    ]);
    if (!taken) return undefined;
    const [activated] = await activateByCode(unit.tx, [tenantId, userId, kind, codeHash]);
    if (!activated) return undefined;
    await clearAttempts(unit.tx, userId);
    const factor = await findFactor(unit.tx, { tenantId, userId }, activated.id);
    if (!factor) throw new Error('the factor was just confirmed');
    return afterActivation(services, unit, { current: principal, factor, origin: originOf(client) });
  });
  if (!confirmed) throw invalidCode();
  return confirmed;
}
