import { newId } from '@gatehouse/data';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { codeExpiry } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import type { LoginPolicy } from '../policies/login-policy.ts';
import { isPasswordOlder } from '../queries/credentials.ts';
import { insertMailRequest } from '../queries/mail-requests.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

/** A sign-in that ends with a link for a new password in the mail. */
export type PasswordExpired = { codeExpiresAt: Date };

/** Whoever knows an old password and asks again and again does not fill the mailbox. Seconds. */
const mailEvery = 900;

/**
 * Asks for a new password in place of one that was right and is older than the tenant allows, in the one way there is: by a link
 * that is mailed. It comes before the second factor, and leads round none: a reset signs nobody in. Undefined for one in time.
 */
export async function askForNewPassword(
  services: Services,
  unit: UnitOfWork,
  policy: LoginPolicy,
  { subject, client }: { subject: Subject; client: ClientInfo },
): Promise<PasswordExpired | undefined> {
  const { passwordMaxAgeDays } = policy;
  if (passwordMaxAgeDays === null) return undefined;
  const { tenantId, userId, email } = subject;
  const [old] = await isPasswordOlder(unit.tx, [tenantId, userId, passwordMaxAgeDays]);
  if (!old) return undefined;
  const origin = originOf(client);
  unit.securityEvent({ tenantId, type: 'PASSWORD_EXPIRED', userId, origin });
  const key = `password-expired:${userId}`;
  if (await services.keyValue.setIfAbsent(key, '', { ttlSeconds: mailEvery })) {
    await insertMailRequest(unit.tx, { id: newId(), tenantId, kind: 'reset', email, ...origin });
    unit.afterCommit(async () => services.wakeMailRequests());
  }
  return { codeExpiresAt: codeExpiry(services, 'reset') };
}
