import type { Caller } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { mailCode } from './mail-code.ts';
import { requireOffered } from './requirement.ts';
import type { SentCode } from './send-mfa-code.ts';
import { challengeField, whoAdds } from './who-adds.ts';

const input = z
  .object({ challengeId: challengeField })
  .nullish()
  .transform((value) => value?.challengeId);

/**
 * Mails a code to the address of the account; with it `confirmEmailFactor` has e-mail count as a second factor. For who is signed in,
 * or for who has to add a factor before they are: INVALID_CODE for a challenge that does not say so. CONFLICT when it does
 * already; FORBIDDEN when second factors are off; STEP_UP_REQUIRED; RATE_LIMITED.
 */
export async function startEmailFactor(
  services: Services,
  request: unknown,
  caller: Caller,
): Promise<SentCode> {
  return startEmailFactorFor(services, await whoAdds(services, readInput(input, request), caller));
}

/** The same for somebody who was found to be who may. */
export async function startEmailFactorFor(services: Services, subject: Subject): Promise<SentCode> {
  await requireOffered(services.database.db, subject);
  const { tenantId, userId } = subject;
  return mailCode(services, subject, async (codeHash) => {
    const codeExpiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
    const factor = { tenantId, userId, kind: 'email', codeHash, codeExpiresAt } as const;
    if (await putPendingFactor(services.database.db, factor)) return;
    throw new GatehouseError('CONFLICT', 'E-mail is a second factor of this account already.');
  });
}
