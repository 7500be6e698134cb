import type { MailTemplate } from '../../generated/calls.ts';
import { accountLocked as violation } from '../check-password.ts';
import { secondFactorLocked } from '../mfa/use-code.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/** What a lock is called in the event, and the mail that tells its holder of it. */
const templates = new Map<string, MailTemplate>([
  [violation, 'ACCOUNT_LOCKED'],
  [secondFactorLocked, 'SECOND_FACTOR_LOCKED'],
]);

/** The holder of a locked account is told by mail. */
export const accountLocked = (services: Services) =>
  react(services, 'auth.account-locked', ['user.security_violation'], async (_unit, event) => {
    const { userId, violationType, details } = event.data;
    const template = templates.get(violationType);
    if (!template) return;
    const subject = await findSubject(services, userId);
    if (subject?.status !== 'ACTIVE') return;
    await sendMail(services, subject, {
      idempotencyKey: `locked:${event.id}`,
      template,
      parameters: { lockedUntil: details.lockedUntil },
    });
  });
