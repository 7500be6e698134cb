import { hasPermission, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { findApiKey, markApiKeyRevoked } from '../queries/api-keys.ts';
import type { Services } from '../services.ts';
import type { ApiKey } from '../tables/api-key.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ apiKeyId: z.uuid() });

export const unknownKey = (): GatehouseError => new GatehouseError('NOT_FOUND', 'There is no such key.');

/** The id under which gateways remember what they know of a key: that of the person or client it acts as. */
export const subjectOf = ({ userId, clientId }: Pick<ApiKey, 'userId' | 'clientId'>): string =>
  userId ?? clientId ?? '';

/** Ends an own key, or with api-keys:write any of the tenant. NOT_FOUND for one that the caller may not know about. */
export async function revokeApiKey(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ apiKeyId: string }> {
  const { apiKeyId } = readInput(input, request);
  const { tenantId, userId } = principal;
  const found = await findApiKey(services.database.db, tenantId, apiKeyId);
  if (!found || !(found.userId === userId || hasPermission(principal, 'api-keys:write'))) throw unknownKey();
  await inUnitOfWork(services, async (unit) => {
    const row = await markApiKeyRevoked(unit.tx, apiKeyId);
    if (!row) return;
    unit.revoke({ userId: subjectOf(row), ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'API_KEY_REVOKED',
      userId: row.userId ?? userId,
      origin: originOf(client),
      details: { apiKeyId, name: row.name, revokedBy: userId },
    });
  });
  return { apiKeyId };
}
