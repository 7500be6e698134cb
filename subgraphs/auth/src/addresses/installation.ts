import { hasPermission, type Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { Services } from '../services.ts';
import { findTenant } from '../tenants.ts';

/** The tenant that the installation began with: its administrators look after the other tenants. */
const firstTenant = 'default';

/** Whether somebody may act for every tenant of the installation. */
export async function managesInstallation(
  services: Pick<Services, 'call'>,
  principal: Principal,
): Promise<boolean> {
  if (!hasPermission(principal, 'tenants:write')) return false;
  return (await findTenant(services, principal.tenantId))?.slug === firstTenant;
}

export async function requireInstallation(
  services: Pick<Services, 'call'>,
  principal: Principal,
): Promise<void> {
  if (await managesInstallation(services, principal)) return;
  throw new GatehouseError('FORBIDDEN', 'This needs tenants:write in the first tenant of the installation.');
}
