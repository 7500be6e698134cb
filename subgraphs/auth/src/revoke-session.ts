import {
  hasPermission,
  actorOf as identityOf,
  isSelf,
  type Principal,
  requireOwnClient,
} from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from './origin.ts';
import { findOpenSessions } from './queries/sessions.ts';
import type { Services } from './services.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z.object({ sessionId: z.uuid() });

/** Ends an own session, or another's with sessions:revoke. NOT_FOUND for one that the caller may not know about. */
export async function revokeSession(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ sessionId: string }> {
  requireOwnClient(principal);
  const { sessionId } = readInput(input, request);
  const { tenantId } = principal;
  const [session] = await findOpenSessions(services.database.db, {
    tenantId,
    ids: [sessionId],
    idleTtl: (await services.policies.of(tenantId)).sessionIdleSeconds,
  });
  const own = session !== undefined && isSelf(principal, session.userId);
  if (!session || !(own || hasPermission(principal, 'sessions:revoke'))) {
    throw new GatehouseError('NOT_FOUND', 'There is no such session.');
  }
  const { userId } = session;
  await inUnitOfWork(services, async (unit) => {
    const logoutType = own ? 'manual' : 'forced';
    const ended = await endSessions(unit, { tenantId, userId, sessionId, logoutType });
    if (ended.length === 0) return;
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'SESSION_REVOKED',
      userId,
      origin: originOf(client),
      details: { sessionId, revokedBy: actorOf(principal) },
    });
  });
  return { sessionId };
}

export function actorOf(principal: Principal): string {
  const actor = identityOf(principal);
  return 'userId' in actor ? actor.userId : actor.clientId;
}
