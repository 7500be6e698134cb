import { eraseTenantRows } from '../queries/erase-tenant.ts';
import type { Services } from '../services.ts';
import { react } from './react.ts';

/** Keys, clients and rules of a tenant that was erased go; its people's things have gone with them. */
export const tenantErased = (services: Services) =>
  react(services, 'auth.tenant-erased', ['tenant.erased'] as const, async (unit, event) => {
    await eraseTenantRows(unit.tx, event.tenantid);
  });
