import { lockCredential } from '../queries/credentials.ts';
import { deleteEmailChangeOf } from '../queries/email-changes.ts';
import { voidSentCodesOf } from '../queries/mfa-factors.ts';
import { deleteCodesOf } from '../queries/one-time-codes.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/**
 * An account has another address. Whoever still reads mail to the former one has nothing of it: links and codes sent there are
 * void, sessions other than the one that confirmed it end, and a mail goes there that says so.
 */
export const emailChanged = (services: Services) =>
  react(services, 'auth.email-changed', ['user.email_changed'] as const, async (unit, event) => {
    const { userId, previousEmail, sessionId, ipAddress, userAgent } = event.data;
    const tenantId = event.tenantid;
    await lockCredential(unit.tx, [tenantId, userId]);
    await deleteCodesOf(unit.tx, userId);
    await deleteEmailChangeOf(unit.tx, userId);
    await voidSentCodesOf(unit.tx, userId);
    const ended = await endSessions(unit, { tenantId, userId, except: sessionId, logoutType: 'forced' });
    unit.securityEvent({
      tenantId,
      type: 'EMAIL_CHANGED',
      userId,
      origin: { ipAddress, userAgent },
      details: { sessionId, endedSessions: ended.length },
    });
    const subject = await findSubject(services, userId);
    if (!subject) return;
    await sendMail(services, subject, {
      idempotencyKey: `email-changed:${event.id}`,
      to: previousEmail,
      template: 'EMAIL_CHANGED',
      parameters: { occurredAt: event.time, ipAddress },
    });
  });
