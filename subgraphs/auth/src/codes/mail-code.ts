import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { issueCode } from './one-time-code.ts';

const pages: Record<CodePurpose, string> = { confirm: 'confirm', reset: 'reset' };

/** Sends a mail. To be called when the unit that prepared it is committed: no link is out before it is good. */
export type PreparedMail = () => Promise<void>;

/**
 * Issues a code and prepares the mail with its link. `cause` identifies what asked for it (an event, a request): the same
 * cause makes the same code and the same mail, which goes out once.
 */
export async function prepareCodeMail(
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
): Promise<PreparedMail> {
  const { userId, tenantId } = subject;
  const { code, expiresAt } = await issueCode(services, unit, { userId, tenantId, ...mail });
  return () =>
    sendMail(services, subject, {
      idempotencyKey: `${mail.purpose}:${mail.cause}`,
      template: mail.template,
      parameters: {
        link: linkTo(subject, pages[mail.purpose], code),
        expiresAt: expiresAt.toISOString(),
        ...mail.parameters,
      },
    });
}
