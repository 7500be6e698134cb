import type { Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { Services } from '../services.ts';
import { findTenant } from '../tenants.ts';

/** The tenant that the installation began with: its super-administrators look after the whole of it. */
const firstTenant = 'default';

/** Whether somebody is a super-administrator of the installation, and not only of a tenant. */
export async function managesInstallation(
  services: Pick<Services, 'call'>,
  principal: Principal,
): Promise<boolean> {
  if (principal.kind !== 'user' || !principal.roles.includes('super-admin')) return false;
  return (await findTenant(services, principal.tenantId))?.slug === firstTenant;
}

export async function requireInstallation(
  services: Pick<Services, 'call'>,
  principal: Principal,
): Promise<void> {
  if (await managesInstallation(services, principal)) return;
  throw new GatehouseError('FORBIDDEN', 'This needs a super-administrator of the installation.');
}
