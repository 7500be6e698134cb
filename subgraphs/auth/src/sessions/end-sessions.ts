import { deleteArtifactsOfSessions } from '../queries/artifacts.ts';
import { deleteChallengesOf } from '../queries/mfa-challenges.ts';
import { markSessionsEnded } from '../queries/sessions.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

export type EndSessions = {
  tenantId: string;
  userId: string;
  /** This one; all when left out. */
  sessionId?: string;
  /** All but this one. */
  except?: string;
  logoutType: 'manual' | 'timeout' | 'forced';
};

/**
 * Ends sessions with their tokens and grants; the gateways are told after the commit, and again by the `user.logout`
 * event should this process die in between. Unless one session is meant, sign-ins that wait for a second factor come to
 * nothing, and first: one that is being completed is a session by then. Answers the ids.
 */
export async function endSessions(unit: UnitOfWork, selection: EndSessions): Promise<string[]> {
  const { tenantId, userId, except, logoutType } = selection;
  if (!selection.sessionId) await deleteChallengesOf(unit.tx, userId);
  const ended = (await markSessionsEnded(unit.tx, selection)).map(({ id }) => id);
  if (ended.length === 0) return [];
  await deleteArtifactsOfSessions(unit.tx, [tenantId, ended]);
  for (const sessionId of ended) {
    await unit.event('user.logout', tenantId, userId, { userId, sessionId, logoutType });
  }
  if (!selection.sessionId && !except) unit.revoke({ userId, ended: true });
  else for (const sessionId of ended) unit.revoke({ userId, sessionId, ended: true });
  return ended;
}
