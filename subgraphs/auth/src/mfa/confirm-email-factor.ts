import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { activateEmail, findFactor } from '../queries/mfa-factors.ts';
import { clearAttempts, takeAttempt } from '../queries/mfa-guard.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import { codeInput, mailedCodeHash } from './codes.ts';
import { requireRecentSession } from './require-recent-session.ts';

const input = z.object({ code: codeInput });

/**
 * Has e-mail count as a second factor, once the mailed code has come back. INVALID_CODE for a wrong one, counted like any
 * of the account; STEP_UP_REQUIRED.
 */
export async function confirmEmailFactor(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<ConfirmedFactor> {
  const { code } = readInput(input, request);
  await requireRecentSession(services, principal, { always: true });
  const { tenantId, userId } = principal;
  const { mfaAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  const codeHash = mailedCodeHash(services.config, userId, code);
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
    const [activated] = await activateEmail(unit.tx, [tenantId, userId, codeHash]);
    if (!activated) return undefined;
    await clearAttempts(unit.tx, userId);
    const factor = await findFactor(unit.tx, { tenantId, userId }, activated.id);
    if (!factor) throw new Error('the factor was just confirmed');
    return afterActivation(services, unit, { current: principal, factor, origin: originOf(client) });
  });
  if (!confirmed) throw invalidCode();
  return confirmed;
}
