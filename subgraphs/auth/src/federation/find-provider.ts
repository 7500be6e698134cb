import { GatehouseError } from '@gatehouse/service-kit';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';

export const noProvider = (): GatehouseError =>
  new GatehouseError('NOT_FOUND', 'There is no such identity provider.');

/** A provider that signs people of the tenant in now, or NOT_FOUND. */
export async function findEnabledProvider(
  services: Pick<Services, 'database'>,
  tenantId: string,
  id: string,
): Promise<IdentityProvider> {
  const provider = await findIdentityProvider(services.database.db, tenantId, id);
  if (!provider?.enabled) throw noProvider();
  return provider;
}
