import { type Caller, requireOwnUser, type UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { activateTotp, findFactor, findPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import { codeInput } from './codes.ts';
import { enrolTotp } from './enrol-totp.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { stepOfCode } from './totp.ts';

const input = z.object({ code: codeInput, challengeId: z.string().max(512).nullish() });

/**
 * Has the authenticator app count, once it has shown a right code; that code is used up. INVALID_CODE for a wrong one, or
 * when none was started; STEP_UP_REQUIRED. With a challenge it completes the sign-in that waits for the app, too.
 */
export async function confirmTotp(
  services: Services,
  request: unknown,
  caller: Caller,
): Promise<ConfirmedFactor & { tokens: TokenSet | null }> {
  const { code, challengeId } = readInput(input, request);
  if (challengeId != null) return enrolTotp(services, { challengeId, code }, caller.client);
  return { ...(await addTotp(services, code, requireOwnUser(caller), caller.client)), tokens: null };
}

async function addTotp(
  services: Services,
  code: string,
  principal: UserPrincipal,
  client: Caller['client'],
): Promise<ConfirmedFactor> {
  await requireRecentSession(services, principal, { always: true });
  const { tenantId, userId } = principal;
  const pending = await findPendingFactor(services.database.db, { tenantId, userId }, 'totp');
  if (!pending?.secretJwe) throw invalidCode();
  const { id, secretJwe } = pending;
  const step = await stepOfCode(services.config, secretJwe, code);
  if (step === undefined) throw invalidCode();
  return inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    if ((await activateTotp(unit.tx, [id, secretJwe, step])).length === 0) throw invalidCode();
    const factor = await findFactor(unit.tx, { tenantId, userId }, id);
    if (!factor) throw new Error('the factor was just confirmed');
    return afterActivation(services, unit, { current: principal, factor, origin: originOf(client) });
  });
}
