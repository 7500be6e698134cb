import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { mailCode } from './mail-code.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { requireOffered } from './requirement.ts';
import type { SentCode } from './send-mfa-code.ts';
import { subjectOf } from './start-totp.ts';

/**
 * Mails a code to the address of the account; with it `confirmEmailFactor` has e-mail count as a second factor. CONFLICT
 * when it does already; FORBIDDEN when second factors are off; STEP_UP_REQUIRED; RATE_LIMITED.
 */
export async function startEmailFactor(services: Services, principal: UserPrincipal): Promise<SentCode> {
  await requireRecentSession(services, principal, { always: true });
  const subject = await subjectOf(services, principal);
  await requireOffered(services.database.db, subject);
  const { tenantId, userId } = subject;
  return mailCode(services, subject, async (codeHash) => {
    const codeExpiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
    const factor = { tenantId, userId, kind: 'email', codeHash, codeExpiresAt } as const;
    if (await putPendingFactor(services.database.db, factor)) return;
    throw new GatehouseError('CONFLICT', 'E-mail is a second factor of this account already.');
  });
}
