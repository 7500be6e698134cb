import { apiKeyStart, hasPermission, newApiKey, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { findApiKey, replaceSecret } from '../queries/api-keys.ts';
import { requireHeld } from '../require-held.ts';
import type { Services } from '../services.ts';
import type { ApiKey } from '../tables/api-key.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { subjectOf, unknownKey } from './revoke-api-key.ts';

const input = z.object({
  apiKeyId: z.uuid(),
  graceSeconds: z.number().int().min(0).max(86_400).nullish(),
});

/**
 * Another secret for an own key, or for a client's with api-keys:write; the end of the key stays. NOT_FOUND for a key that
 * the caller may not know about, FORBIDDEN for a client's that may do more than the caller, CONFLICT for one that is over,
 * STEP_UP_REQUIRED.
 */
export async function rotateApiKey(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { apiKeyId: id, graceSeconds } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  const found = await findApiKey(services.database.db, tenantId, id);
  const ofClient = found !== undefined && found.clientId !== null;
  if (!found || !(found.userId === userId || (ofClient && hasPermission(principal, 'api-keys:write')))) {
    throw unknownKey();
  }
  // Who gets the secret may do what the key may; of an own key never more than they may themselves.
  if (ofClient) requireHeld(principal, found.scopes);
  const secret = newApiKey();
  const apiKey = await inUnitOfWork(services, async (unit) => {
    const row = await replaceSecret(unit.tx, {
      id,
      start: apiKeyStart(secret),
      hash: sha256(secret),
      graceSeconds: graceSeconds ?? 0,
    });
    if (!row) throw new GatehouseError('CONFLICT', 'The key has expired or was revoked.');
    unit.revoke({ userId: subjectOf(row), ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'API_KEY_ROTATED',
      userId,
      origin: originOf(client),
      details: { apiKeyId: id, name: row.name, graceSeconds: graceSeconds ?? 0 },
    });
    return row;
  });
  return { apiKey, secret };
}
