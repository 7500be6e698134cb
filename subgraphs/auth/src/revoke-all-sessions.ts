import { hasPermission, isSelf, type Principal, requireOwnClient } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from './origin.ts';
import { actorOf } from './revoke-session.ts';
import type { Services } from './services.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z
  .object({ userId: z.uuid().nullish(), exceptCurrent: z.boolean().nullish() })
  .nullish()
  .transform((value) => value ?? {});

/** Ends all sessions of the caller, or of another user of the tenant with sessions:revoke. */
export async function revokeAllSessions(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ endedSessions: number }> {
  requireOwnClient(principal);
  const { userId: asked, exceptCurrent } = readInput(input, request);
  const caller = principal.kind === 'user' ? principal : undefined;
  const userId = asked ?? caller?.userId;
  if (!userId) throw badInput({ path: 'userId', message: 'is needed from a client' });
  const own = isSelf(principal, userId);
  if (!own && !hasPermission(principal, 'sessions:revoke')) {
    throw new GatehouseError('FORBIDDEN', 'This needs the permission sessions:revoke.');
  }
  const { tenantId } = principal;
  const except = exceptCurrent && own ? caller?.sessionId : undefined;
  const ended = await inUnitOfWork(services, async (unit) => {
    const logoutType = own ? 'manual' : 'forced';
    const ids = await endSessions(unit, { tenantId, userId, ...(except && { except }), logoutType });
    if (ids.length > 0) {
      unit.securityEvent({
        tenantId,
        by: principal,
        type: 'SESSION_REVOKED',
        userId,
        origin: originOf(client),
        details: { sessions: ids.length, revokedBy: actorOf(principal) },
      });
    }
    return ids;
  });
  return { endedSessions: ended.length };
}
