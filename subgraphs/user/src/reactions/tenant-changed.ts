import { announceTenantChange } from '@gatehouse/identity';
import type { UserDeps } from '../deps.ts';

/** Announces a change of a tenant again, for a process that fell over between commit and announcement. Harmless twice. */
export const tenantChanged = (deps: Pick<UserDeps, 'bus' | 'pubSub'>) =>
  deps.bus.subscribe({
    group: 'user.tenants',
    types: ['tenant.changed'],
    handler: (event) => announceTenantChange(deps.pubSub, { tenantId: event.tenantid }),
  });
