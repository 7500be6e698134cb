import { lockCredential } from '../queries/credentials.ts';
import { findSurplusSessions } from '../queries/sessions.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { endSessions } from './end-sessions.ts';

/** Ends the oldest sessions of a person who has more than the tenant allows, the one that was just opened included. */
export async function endOldestSessions(
  unit: UnitOfWork,
  { tenantId, userId }: { tenantId: string; userId: string },
  { maxSessions, origin }: { maxSessions: number | null; origin: Origin },
): Promise<void> {
  if (maxSessions === null) return;
  // Of two sign-ins at once the second sees what the first has opened.
  await lockCredential(unit.tx, [tenantId, userId]);
  const surplus = await findSurplusSessions(unit.tx, [tenantId, userId, maxSessions]);
  for (const { id: sessionId } of surplus) {
    await endSessions(unit, { tenantId, userId, sessionId, logoutType: 'forced' });
    unit.securityEvent({
      tenantId,
      type: 'SESSION_LIMIT_REACHED',
      userId,
      origin,
      details: { sessionId, limit: maxSessions },
    });
  }
}
