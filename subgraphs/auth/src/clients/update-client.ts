import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { lockOauthClient, updateOauthClient } from '../queries/oauth-clients.ts';
import { requireHeld } from '../require-held.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { checkClient, clientFields } from './client-input.ts';

const { shape } = clientFields;
const input = z.object({
  clientId: z.string().min(1).max(200),
  name: shape.name.nullish(),
  scopes: shape.scopes.nullish(),
  grantTypes: shape.grantTypes.nullish(),
  redirectUris: shape.redirectUris.nullish(),
  postLogoutRedirectUris: shape.postLogoutRedirectUris.nullish(),
  /** Null takes it away. */
  backchannelLogoutUri: shape.backchannelLogoutUri.optional(),
  jwks: shape.jwks.nullish(),
  firstParty: shape.firstParty.nullish(),
  dpopBound: shape.dpopBound.nullish(),
});

/**
 * Changes a client; what is left out stays. How it proves who it is can't be changed: that is another client. Scopes that
 * are added must be held by the caller. Tokens already issued lose scopes that are taken away. STEP_UP_REQUIRED.
 */
export async function updateClient(
  services: Services,
  request: unknown,
  principal: Principal,
  origin: ClientInfo,
): Promise<{ client: OauthClient }> {
  const { clientId, backchannelLogoutUri, ...given } = readInput(input, request);
  await requireRecentSession(services, principal);
  const changes = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<OauthClient>;
  if (backchannelLogoutUri !== undefined) changes.backchannelLogoutUri = backchannelLogoutUri;
  const { tenantId } = principal;
  return inUnitOfWork(services, async (unit) => {
    const before = await lockOauthClient(unit.tx, tenantId, clientId);
    if (!before) throw new GatehouseError('NOT_FOUND', 'There is no such client.');
    const wanted = { ...before, ...changes };
    checkClient(wanted);
    requireHeld(
      principal,
      wanted.scopes.filter((scope) => !before.scopes.includes(scope)),
    );
    const client =
      Object.keys(changes).length > 0
        ? await updateOauthClient(unit.tx, tenantId, clientId, changes)
        : before;
    unit.revoke({ userId: clientId, ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'CLIENT_UPDATED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(origin),
      details: { clientId, changed: Object.keys(changes).sort(), by: actorOf(principal) },
    });
    return { client };
  });
}
