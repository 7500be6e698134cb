import { newId } from '@gatehouse/data';
import { type Principal, refuseApiKey } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { insertOauthClient } from '../queries/oauth-clients.ts';
import { requireHeld } from '../require-held.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { checkClient, clientFields, needsSecret } from './client-input.ts';
import { newClientSecret } from './client-secret.ts';

const { shape } = clientFields;
const input = z.object({
  name: shape.name,
  scopes: shape.scopes,
  grantTypes: shape.grantTypes.nullish().transform((value) => value ?? ['client_credentials' as const]),
  authMethod: shape.authMethod.nullish().transform((value) => value ?? ('client_secret_basic' as const)),
  redirectUris: shape.redirectUris.nullish().transform((value) => value ?? []),
  postLogoutRedirectUris: shape.postLogoutRedirectUris.nullish().transform((value) => value ?? []),
  backchannelLogoutUri: shape.backchannelLogoutUri.nullish().transform((value) => value ?? null),
  jwks: shape.jwks.nullish().transform((value) => value ?? null),
  firstParty: shape.firstParty.nullish().transform((value) => value ?? false),
  dpopBound: shape.dpopBound.nullish().transform((value) => value ?? false),
});

/**
 * Registers a client; its secret, when it has one, is in this answer and nowhere else. FORBIDDEN for an API key;
 * STEP_UP_REQUIRED.
 */
export async function createClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ client: OauthClient; secret: string | null }> {
  const fields = readInput(input, request);
  refuseApiKey(principal);
  await requireRecentSession(services, principal);
  checkClient(fields);
  requireHeld(principal, fields.scopes);
  const { tenantId } = principal;
  const { secret, secretHash } = needsSecret(fields) ? newClientSecret() : { secret: null, secretHash: null };
  const client = await inUnitOfWork(services, async (unit) => {
    const createdBy = principal.kind === 'user' ? principal.userId : null;
    const row = await insertOauthClient(unit.tx, { id: newId(), tenantId, ...fields, secretHash, createdBy });
    const { name, scopes } = row;
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'CLIENT_CREATED',
      userId: createdBy,
      origin: originOf(origin),
      details: { clientId: row.id, name, scopes, by: actorOf(principal) },
    });
    return row;
  });
  return { client, secret };
}
