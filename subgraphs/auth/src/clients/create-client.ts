import { randomBytes } from 'node:crypto';
import { newId } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { insertOauthClient } from '../queries/oauth-clients.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters'),
  scopes: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,49}:[a-z][a-z0-9-]{0,49}$/, 'must be a permission name'))
    .min(1)
    .max(100)
    .transform((scopes) => [...new Set(scopes)].sort()),
});

/** Registers a program for client credentials; the secret is in this answer and nowhere else. */
export async function createClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ client: OauthClient; secret: string }> {
  const { name, scopes } = readInput(input, request);
  const missing = scopes.filter((scope) => !principal.permissions.includes(scope));
  if (missing.length > 0) {
    throw new GatehouseError('FORBIDDEN', `Nobody gives what they do not hold: ${missing.join(', ')}.`);
  }
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
      by: principal,
      type: 'CLIENT_CREATED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(origin),
      details: { clientId: row.id, name, scopes, by: actorOf(principal) },
    });
    return row;
  });
  return { client, secret };
}
