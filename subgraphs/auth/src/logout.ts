import { requireOwnClient, type UserPrincipal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { originOf } from './origin.ts';
import type { Services } from './services.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { inUnitOfWork } from './unit-of-work.ts';

/** Ends the session of the token in use. */
export async function logout(
  services: Services,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<boolean> {
  requireOwnClient(principal);
  const { tenantId, userId, sessionId } = principal;
  return inUnitOfWork(services, async (unit) => {
    const ended = await endSessions(unit, { tenantId, userId, sessionId, logoutType: 'manual' });
    if (ended.length > 0) {
      const origin = originOf(client);
      unit.securityEvent({
        tenantId,
        type: 'LOGGED_OUT',
        userId,
        by: principal,
        origin,
        details: { sessionId },
      });
    }
    return true;
  });
}
