import { randomBytes } from 'node:crypto';
import { newId } from '@gatehouse/data';
import { type Principal, refuseApiKey } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { nameField, scopesField } from '../fields.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { insertOauthClient } from '../queries/oauth-clients.ts';
import { requireHeld } from '../require-held.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ name: nameField, scopes: scopesField });

/** Registers a program for client credentials; the secret is in this answer and nowhere else. FORBIDDEN for an API key. */
export async function createClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ client: OauthClient; secret: string }> {
  const { name, scopes } = readInput(input, request);
  refuseApiKey(principal);
  requireHeld(principal, scopes);
  const { tenantId } = principal;
  const secret = randomBytes(32).toString('base64url');
  const client = await inUnitOfWork(services, async (unit) => {
    const row = await insertOauthClient(unit.tx, {
      id: newId(),
      tenantId,
      name,
      scopes,
      secretHash: sha256(secret),
      createdBy: principal.kind === 'user' ? principal.userId : null,
    });
    unit.securityEvent({
      tenantId,
      type: 'CLIENT_CREATED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(origin),
      details: { clientId: row.id, name, scopes, by: actorOf(principal) },
    });
    return row;
  });
  return { client, secret };
}
