import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { markApiKeysRevoked } from '../queries/api-keys.ts';
import { deleteArtifactsOfClient } from '../queries/artifacts.ts';
import { deleteConsentsOfClient } from '../queries/consents.ts';
import { deleteOauthClient } from '../queries/oauth-clients.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ clientId: z.string().min(1).max(200) });

/**
 * Deletes a client with its tokens and API keys; the gateways drop what they know of it and of the people it acts for.
 * STEP_UP_REQUIRED.
 */
export async function deleteClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ clientId: string }> {
  const { clientId } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  await inUnitOfWork(services, async (unit) => {
    const client = await deleteOauthClient(unit.tx, tenantId, clientId);
    if (!client) throw new GatehouseError('NOT_FOUND', 'There is no such client.');
    await markApiKeysRevoked(unit.tx, { userId: null, clientId });
    await deleteConsentsOfClient(unit.tx, tenantId, clientId);
    const deleted = await deleteArtifactsOfClient(unit.tx, [tenantId, clientId]);
    unit.revoke({ userId: clientId, ended: true });
    for (const userId of new Set(deleted.flatMap((row) => row.account_id ?? []))) {
      unit.revoke({ userId, ended: false });
    }
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'CLIENT_DELETED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(origin),
      details: { clientId, name: client.name, by: actorOf(principal) },
    });
  });
  return { clientId };
}
