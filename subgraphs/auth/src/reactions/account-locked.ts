import { accountLocked as violation } from '../check-password.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/** The holder of a locked account is told by mail. */
export const accountLocked = (services: Services) =>
  react(services, 'auth.account-locked', ['user.security_violation'], async (_unit, event) => {
    const { userId, violationType, details } = event.data;
    if (violationType !== violation) return;
    const subject = await findSubject(services, userId);
    if (subject?.status !== 'ACTIVE') return;
    await sendMail(services, subject, {
      idempotencyKey: `locked:${event.id}`,
      template: 'ACCOUNT_LOCKED',
      parameters: { lockedUntil: details.lockedUntil },
    });
  });
