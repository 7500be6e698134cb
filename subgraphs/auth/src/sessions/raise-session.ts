import { acrOf, type UserPrincipal } from '@gatehouse/identity';
import { raiseRefreshTokens } from '../queries/artifacts.ts';
import { raiseSession as updateSession } from '../queries/sessions.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

/**
 * Writes a new authentication into a session. Its tokens stay good: who they stand for is asked anew by the gateways, and
 * those that a refresh issues from now on tell of it. The session first, as a refresh does, so that none waits in a circle.
 */
export async function raiseSession(
  unit: UnitOfWork,
  { tenantId, userId, sessionId }: Pick<UserPrincipal, 'tenantId' | 'userId' | 'sessionId'>,
  amr: string[],
): Promise<void> {
  const authTime = Math.floor(Date.now() / 1000);
  await updateSession(unit.tx, [tenantId, sessionId, amr, authTime]);
  await raiseRefreshTokens(unit.tx, [tenantId, sessionId, { amr, authTime, acr: acrOf(amr) }]);
  unit.revoke({ userId, sessionId, ended: false });
}
