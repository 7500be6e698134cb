import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteArtifactsOfClient } from '../queries/artifacts.ts';
import { deleteOauthClient } from '../queries/oauth-clients.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ clientId: z.string().min(1).max(200) });

/** Deletes a client with its tokens; the gateways drop what they know of it, whose subject is its own id. */
export async function deleteClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ clientId: string }> {
  const { clientId } = readInput(input, request);
  const { tenantId } = principal;
  await inUnitOfWork(services, async (unit) => {
    const client = await deleteOauthClient(unit.tx, tenantId, clientId);
    if (!client) throw new GatehouseError('NOT_FOUND', 'There is no such client.');
    await deleteArtifactsOfClient(unit.tx, [tenantId, clientId]);
    unit.revoke({ userId: clientId, ended: true });
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
