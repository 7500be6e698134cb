import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/**
 * Another system says that somebody broke a rule: recorded and told to them. Above `low` their sessions end; from `high` on the user
 * subgraph disables the account, of which a mail tells.
 */
export const complianceViolated = (services: Services) =>
  react(services, 'auth.compliance', ['compliance.violation'], async (unit, event) => {
    const { userId, violationType, severity } = event.data;
    const tenantId = event.tenantid;
    const subject = await findSubject(services, userId);
    if (subject?.tenantId !== tenantId) return;
    unit.securityEvent({
      tenantId,
      type: 'COMPLIANCE_VIOLATION',
      userId,
      details: { violationType, severity },
    });
    await unit.event('user.security_violation', tenantId, userId, {
      userId,
      violationType: `compliance.${violationType}`.slice(0, 200),
      severity,
      details: {},
    });
    if (severity === 'low') return;
    await endSessions(unit, { tenantId, userId, logoutType: 'forced' });
    unit.revoke({ userId, ended: true });
    if (severity === 'medium') return;
    await sendMail(services, subject, {
      idempotencyKey: `compliance:${event.id}`,
      template: 'ACCOUNT_RESTRICTED',
      parameters: { occurredAt: event.time },
    });
  });
