import { newId } from '@gatehouse/data';
import { apiKeyStart, hasPermission, newApiKey, type UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, isAddressRange, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { nameField, scopesField } from '../fields.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { countApiKeys, insertApiKey, type KeyOwner } from '../queries/api-keys.ts';
import { findOauthClient } from '../queries/oauth-clients.ts';
import { requireHeld } from '../require-held.ts';
import type { Services } from '../services.ts';
import type { ApiKey } from '../tables/api-key.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

/** Keys in use that one person or client may have. */
export const maxKeys = 50;

const input = z.object({
  name: nameField,
  scopes: scopesField,
  expiresAt: z.date().nullish(),
  allowedAddresses: z
    .array(z.string().max(50).refine(isAddressRange, 'must be an IP address or a CIDR range'))
    .max(50)
    .transform((ranges) => [...new Set(ranges)])
    .nullish(),
  clientId: z.string().max(200).nullish(),
});

/**
 * A key that acts as the caller, or as a client of the tenant with api-keys:write; the secret is in this answer and nowhere
 * else. FORBIDDEN for scopes that the caller does not hold, NOT_FOUND for an unknown client, BAD_USER_INPUT for scopes that
 * the client has not and a life longer than is allowed, CONFLICT past the number of keys, STEP_UP_REQUIRED.
 */
export async function createApiKey(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { name, scopes, allowedAddresses, ...wanted } = readInput(input, request);
  requireHeld(principal, scopes);
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  const owner = await ownerOf(services, principal, wanted.clientId, scopes);
  const expiresAt = endOf(services, wanted.expiresAt);
  const secret = newApiKey();
  const apiKey = await inUnitOfWork(services, async (unit) => {
    if ((await countApiKeys(unit.tx, owner)) >= maxKeys) {
      throw new GatehouseError('CONFLICT', `There are ${maxKeys} keys already; revoke one of them first.`);
    }
    const row = await insertApiKey(unit.tx, {
      id: newId(),
      tenantId,
      name,
      start: apiKeyStart(secret),
      hash: sha256(secret),
      ...owner,
      scopes,
      allowedAddresses: allowedAddresses ?? [],
      createdBy: userId,
      expiresAt,
    });
    const origin = originOf(client);
    const { id: apiKeyId, clientId, start } = row;
    // The mail about it is sent by the reaction to the event: it survives a crash and takes no time here.
    await unit.event('auth.api_key_created', tenantId, userId, {
      userId,
      apiKeyId,
      name,
      start,
      expiresAt: expiresAt.toISOString(),
      ipAddress: origin.ipAddress,
    });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'API_KEY_CREATED',
      userId,
      origin,
      details: { apiKeyId, name, scopes, expiresAt: expiresAt.toISOString(), ...(clientId && { clientId }) },
    });
    return row;
  });
  return { apiKey, secret };
}

async function ownerOf(
  services: Services,
  principal: UserPrincipal,
  clientId: string | null | undefined,
  scopes: readonly string[],
): Promise<KeyOwner> {
  if (clientId == null) return { userId: principal.userId, clientId: null };
  if (!hasPermission(principal, 'api-keys:write')) {
    throw new GatehouseError('FORBIDDEN', 'This needs the permission api-keys:write.');
  }
  const client = await findOauthClient(services.database.db, principal.tenantId, clientId);
  if (!client) throw new GatehouseError('NOT_FOUND', 'There is no such client.');
  const missing = scopes.filter((scope) => !client.scopes.includes(scope));
  if (missing.length > 0) {
    throw badInput({ path: 'scopes', message: `the client does not have ${missing.join(', ')}` });
  }
  return { userId: null, clientId: client.id };
}

function endOf({ config }: Services, wanted: Date | null | undefined): Date {
  const now = Date.now();
  if (!wanted) return new Date(now + config.apiKeyTtl * 1000);
  if (wanted.getTime() <= now) throw badInput({ path: 'expiresAt', message: 'must be in the future' });
  if (wanted.getTime() > now + config.apiKeyMaxTtl * 1000) {
    const days = Math.floor(config.apiKeyMaxTtl / 86_400);
    throw badInput({ path: 'expiresAt', message: `must be within ${days} days` });
  }
  return wanted;
}
