import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteArtifactsOfConsent } from '../queries/artifacts.ts';
import { deleteConsent } from '../queries/consents.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ clientId: z.uuid() });

/**
 * Takes back what the caller has allowed an application: the grant goes with every token of it, in all sessions, and the
 * gateways ask again about the person. NOT_FOUND for an application that was allowed nothing.
 */
export async function withdrawConsent(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ clientId: string }> {
  const { clientId } = readInput(input, request);
  const { tenantId, userId } = principal;
  await inUnitOfWork(services, async (unit) => {
    const consent = await deleteConsent(unit.tx, { tenantId, userId, clientId });
    if (!consent) throw new GatehouseError('NOT_FOUND', 'There is no such consent.');
    await deleteArtifactsOfConsent(unit.tx, [tenantId, userId, clientId]);
    unit.revoke({ userId, ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'CONSENT_WITHDRAWN',
      userId,
      origin: originOf(client),
      details: { clientId, scopes: consent.scopes },
    });
  });
  return { clientId };
}
