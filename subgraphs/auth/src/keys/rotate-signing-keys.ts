import type { Principal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { type NextKey, publishNextKey } from './publish-next-key.ts';

/** Publishes the tenant's next key, unless there is one; tells which and from when it signs. STEP_UP_REQUIRED. */
export async function rotateSigningKeys(
  services: Services,
  principal: Principal,
  client: ClientInfo,
): Promise<NextKey> {
  await requireRecentSession(services, principal);
  return publishNextKey(services, principal.tenantId, {
    by: principal,
    userId: principal.kind === 'user' ? principal.userId : null,
    origin: originOf(client),
    details: { by: actorOf(principal) },
  });
}
