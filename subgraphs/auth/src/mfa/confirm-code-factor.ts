import { type Caller, requireOwnUser, type UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { activateByCode, findFactor } from '../queries/mfa-factors.ts';
import { clearAttempts, takeAttempt } from '../queries/mfa-guard.ts';
import type { Services } from '../services.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import { codeInput, mailedCodeHash, textedCodeHash } from './codes.ts';
import { enrolCodeFactor } from './enrol-code-factor.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { challengeField } from './who-adds.ts';

export type CodeFactorKind = 'email' | 'sms';

const input = z.object({ code: codeInput, challengeId: challengeField });

/**
 * Has e-mail or SMS count as a second factor, once the code that was sent has come back. INVALID_CODE for a wrong one, counted
 * like any of the account; STEP_UP_REQUIRED. With a challenge it completes the sign-in that waits for the factor, too.
 */
export const confirmCodeFactor =
  (kind: CodeFactorKind) =>
  async (
    services: Services,
    request: unknown,
    caller: Caller,
  ): Promise<ConfirmedFactor & { tokens: TokenSet | null }> => {
    const { code, challengeId } = readInput(input, request);
    const { client } = caller;
    if (challengeId != null) return enrolCodeFactor(services, { kind, challengeId, code, client });
    const confirmed = await addCodeFactor(services, { kind, code, client }, requireOwnUser(caller));
    return { ...confirmed, tokens: null };
  };

async function addCodeFactor(
  services: Services,
  { kind, code, client }: { kind: CodeFactorKind; code: string; client: ClientInfo },
  principal: UserPrincipal,
): Promise<ConfirmedFactor> {
  await requireRecentSession(services, principal, { always: true });
  const { tenantId, userId } = principal;
  const confirmed = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const factor = await activateCodeFactor(services, unit, { tenantId, userId, kind, code });
    const current = principal;
    return factor && afterActivation(services, unit, { current, factor, origin: originOf(client) });
  });
  if (!confirmed) throw invalidCode();
  return confirmed;
}

/** Has the factor count whose code is right; undefined for a wrong one. With the credential locked, in a transaction that commits. */
export async function activateCodeFactor(
  services: Services,
  unit: UnitOfWork,
  given: { tenantId: string; userId: string; kind: CodeFactorKind; code: string },
): Promise<MfaFactor | undefined> {
  const { tenantId, userId, kind, code } = given;
  const { mfaAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  const hash = kind === 'email' ? mailedCodeHash : textedCodeHash;
  const limits = [mfaAttempts, lockoutSeconds, lockoutMaxSeconds];
  const [taken] = await takeAttempt(unit.tx, [tenantId, userId, ...limits]);
  if (!taken) return undefined;
  const codeHash = hash(services.config, userId, code);
  const [activated] = await activateByCode(unit.tx, [tenantId, userId, kind, codeHash]);
  if (!activated) return undefined;
  await clearAttempts(unit.tx, userId);
  return findFactor(unit.tx, { tenantId, userId }, activated.id);
}
