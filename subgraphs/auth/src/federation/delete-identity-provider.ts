import { type Principal, refuseApiKey } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { deleteIdentityProviderRow, lockIdentityProvider } from '../queries/identity-providers.ts';
import { countStranded } from '../queries/linked-accounts.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { noProvider } from './find-provider.ts';
import { tellOfProvider } from './tell-of-provider.ts';

const input = z.object({ identityProviderId: z.uuid(), force: z.boolean().nullish() });

/**
 * Deletes a provider with its links. NOT_FOUND; CONFLICT while people have no other way in, unless `force`: a mailed link
 * for a new password is left to them; FORBIDDEN for an API key; STEP_UP_REQUIRED.
 */
export async function deleteIdentityProvider(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ identityProviderId: string }> {
  const { identityProviderId, force } = readInput(input, request);
  refuseApiKey(principal);
  await requireRecentSession(services, principal);
  const policy = await services.policies.of(principal.tenantId);
  await inUnitOfWork(services, async (unit) => {
    const provider = await lockIdentityProvider(unit.tx, principal.tenantId, identityProviderId);
    if (!provider) throw noProvider();
    const stranded = force ? 0 : await countStranded(unit.tx, provider.id, policy);
    if (stranded > 0) {
      throw new GatehouseError('CONFLICT', `${stranded} people have no other way in.`);
    }
    await deleteIdentityProviderRow(unit.tx, provider);
    await tellOfProvider(unit, 'IDENTITY_PROVIDER_DELETED', provider, { principal, client });
  });
  return { identityProviderId };
}
