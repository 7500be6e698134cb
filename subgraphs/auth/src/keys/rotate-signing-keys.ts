import type { Principal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { newSigningKey } from '../oidc/signing-keys.ts';
import { originOf } from '../origin.ts';
import { findSigningKeys, insertSigningKey } from '../queries/signing-keys.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

/** Publishes the tenant's next key, unless there is one; tells which and from when it signs. STEP_UP_REQUIRED. */
export async function rotateSigningKeys(
  services: Services,
  principal: Principal,
  client: ClientInfo,
): Promise<{ keyId: string; signsFrom: Date }> {
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const key = await newSigningKey(services, tenantId);
  return inUnitOfWork(services, async (unit) => {
    await insertSigningKey(unit.tx, { ...key, status: 'next' });
    const next = (await findSigningKeys(unit.tx, tenantId)).find(({ status }) => status === 'next');
    if (!next) throw new Error('the next key has just become the active one');
    if (next.kid === key.kid) {
      unit.securityEvent({
        tenantId,
        by: principal,
        type: 'SIGNING_KEYS_ROTATED',
        userId: principal.kind === 'user' ? principal.userId : null,
        origin: originOf(client),
        details: { keyId: key.kid, by: actorOf(principal) },
      });
    }
    const signsFrom = new Date(next.statusAt.getTime() + services.config.keyPublishWait * 1000);
    return { keyId: next.kid, signsFrom };
  });
}
