import { newId } from '@gatehouse/data';
import type { UserPrincipal } from '@gatehouse/identity';
import { badInput, networkOf, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { emailInput } from '../codes/request-mail.ts';
import { takeQuota } from '../limits/take-quota.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { subjectOf } from '../mfa/subject-of.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { putEmailChange } from '../queries/email-changes.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { emailChangeCode } from './email-change-code.ts';

const input = z.object({ newEmail: emailInput });
const windowSeconds = 3_600;

/**
 * Takes a wish for another address, in place of an older one. The answer and its work are the same for a free and a taken one;
 * who has it is looked at afterwards, by the reaction that mails. BAD_USER_INPUT; STEP_UP_REQUIRED, of who has no second factor
 * too: an address is a way back in; RATE_LIMITED.
 */
export async function requestEmailChange(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ newEmail: string; codeExpiresAt: Date }> {
  const { newEmail: email } = readInput(input, request);
  await requireRecentSession(services, principal, { always: true });
  const subject = await subjectOf(services, principal);
  if (subject.email === email) throw badInput({ path: 'newEmail', message: 'is the address you have' });
  const { tenantId, userId } = subject;
  await limitRequests(services, { tenantId, userId, email, client });
  const requestId = newId();
  const codeHash = sha256(emailChangeCode(services.config, requestId));
  const expiresAt = new Date(Date.now() + services.config.passwordResetTtl * 1000);
  await inUnitOfWork(services, async (unit) => {
    await putEmailChange(unit.tx, { userId, tenantId, requestId, email, codeHash, expiresAt });
    const origin = originOf(client);
    const { ipAddress } = origin;
    await unit.event('auth.email_change_requested', tenantId, userId, { userId, requestId, ipAddress });
    unit.securityEvent({ tenantId, type: 'EMAIL_CHANGE_REQUESTED', userId, by: principal, origin });
  });
  return { newEmail: email, codeExpiresAt: expiresAt };
}

async function limitRequests(
  services: Services,
  who: { tenantId: string; userId: string; email: string; client: ClientInfo },
): Promise<void> {
  const { mailsPerAddress, mailsPerNetwork } = services.config;
  const limit = (whose: string, most: number) =>
    takeQuota(services, {
      key: `email-change:${whose}`,
      most,
      windowSeconds,
      message: 'Too many mails were asked for.',
    });
  await limit(`by:${who.userId}`, mailsPerAddress);
  await limit(`to:${who.tenantId}:${sha256(who.email.toLowerCase())}`, mailsPerAddress);
  await limit(`from:${networkOf(who.client.ipAddress)}`, mailsPerNetwork);
}
