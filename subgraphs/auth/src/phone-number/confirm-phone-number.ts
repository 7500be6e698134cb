import { auditRecordOf, type UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { auditEntryFrom } from '../audit/audit-entry.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { codeInput, phoneCodeHash } from '../mfa/codes.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { lockCredential } from '../queries/credentials.ts';
import { clearAttempts, takeAttempt } from '../queries/mfa-guard.ts';
import { usePhoneConfirmation } from '../queries/phone-confirmations.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ code: codeInput });

/**
 * Has the number that a code was texted to stand in the profile, a moment later: the user subgraph keeps it. INVALID_CODE for a wrong
 * one, counted like any of the account; STEP_UP_REQUIRED.
 */
export async function confirmPhoneNumber(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ phoneNumber: string }> {
  const { code } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  const { mfaAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  const codeHash = phoneCodeHash(services.config, userId, code);
  const phoneNumber = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const limits = [mfaAttempts, lockoutSeconds, lockoutMaxSeconds];
    const [taken] = await takeAttempt(unit.tx, [tenantId, userId, ...limits]);
    if (!taken) return undefined;
    const [used] = await usePhoneConfirmation(unit.tx, [tenantId, userId, codeHash]);
    if (!used) return undefined;
    await clearAttempts(unit.tx, userId);
    const confirmed = { userId, phoneNumber: used.phone_number };
    await unit.event('auth.phone_number_confirmed', tenantId, userId, confirmed);
    const operation = { action: 'confirmPhoneNumber', on: { type: 'user', id: userId } };
    unit.audit(auditEntryFrom(auditRecordOf({ principal, client }, operation)));
    return used.phone_number;
  });
  if (phoneNumber === undefined) throw invalidCode();
  return { phoneNumber };
}
