import { ensureTenant, type TenantDeps } from './ensure-tenant.ts';
import { defaultTenantSlug } from './queries/tenants.ts';
import type { TenantRow } from './tables/index.ts';

/** Names by which a machine calls itself, on any port. */
const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** The tenant of a fresh installation: answers the loopback names and the host of PUBLIC_URL. Run it at each start. */
export const ensureDefaultTenant = (
  deps: TenantDeps,
  { publicUrl }: { publicUrl: string },
): Promise<TenantRow> =>
  ensureTenant(deps, { slug: defaultTenantSlug, name: 'Gatehouse', hosts: loopback, publicUrl });
