import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { lockOauthClient, updateOauthClient } from '../queries/oauth-clients.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { needsSecret } from './client-input.ts';
import { newClientSecret } from './client-secret.ts';

const input = z.object({ clientId: z.string().min(1).max(200) });

/**
 * Replaces a client's secret; the former one is refused from the answer on. CONFLICT for a client without one,
 * STEP_UP_REQUIRED.
 */
export async function rotateClientSecret(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ client: OauthClient; secret: string }> {
  const { clientId } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const { secret, secretHash } = newClientSecret();
  const client = await inUnitOfWork(services, async (unit) => {
    const before = await lockOauthClient(unit.tx, tenantId, clientId);
    if (!before) throw new GatehouseError('NOT_FOUND', 'There is no such client.');
    if (!needsSecret(before)) throw new GatehouseError('CONFLICT', 'This client has no secret.');
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'CLIENT_SECRET_ROTATED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(origin),
      details: { clientId, by: actorOf(principal) },
    });
    return updateOauthClient(unit.tx, tenantId, clientId, { secretHash });
  });
  return { client, secret };
}
