import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { issueCode } from './one-time-code.ts';

const pages: Record<CodePurpose, string> = { confirm: 'confirm', reset: 'reset' };

/**
 * Issues a code and mails its link. `cause` identifies what asked for it (an event, a request): the same cause makes the
 * same code and the same mail, which goes out once.
 */
export async function mailCode(
  services: Services,
  unit: UnitOfWork,
  subject: Subject,
  mail: {
    purpose: CodePurpose;
    template: 'CONFIRM_REGISTRATION' | 'INVITATION' | 'RESET_PASSWORD';
    cause: string;
    issuedAt: Date;
    parameters?: Record<string, unknown>;
  },
): Promise<void> {
  const { userId, tenantId } = subject;
  const { code, expiresAt } = await issueCode(services, unit, { userId, tenantId, ...mail });
  await sendMail(services, subject, {
    idempotencyKey: `${mail.purpose}:${mail.cause}`,
    template: mail.template,
    parameters: {
      link: linkTo(subject, pages[mail.purpose], code),
      expiresAt: expiresAt.toISOString(),
      ...mail.parameters,
    },
  });
}
