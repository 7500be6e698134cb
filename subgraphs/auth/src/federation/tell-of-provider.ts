import type { Principal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { SecurityEventType } from '../../generated/resolvers.ts';
import { originOf } from '../origin.ts';
import { actorOf } from '../revoke-session.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

/**
 * Says that a provider is another than it was: the audit log who made it so, and the gateways that what they hold of it is
 * out of date; by event once more, should this process die after its commit.
 */
export async function tellOfProvider(
  unit: UnitOfWork,
  type: Extract<SecurityEventType, `IDENTITY_PROVIDER_${string}`>,
  { id, tenantId, name, kind }: IdentityProvider,
  { principal, client, changed }: { principal: Principal; client: ClientInfo; changed?: string[] },
): Promise<void> {
  unit.revoke({ userId: id, ended: false, isProvider: true });
  await unit.event('auth.identity_provider_changed', tenantId, id, { providerId: id });
  unit.securityEvent({
    tenantId,
    by: principal,
    type,
    userId: principal.kind === 'user' ? principal.userId : null,
    origin: originOf(client),
    details: { identityProviderId: id, name, kind, ...(changed && { changed }), by: actorOf(principal) },
  });
}
