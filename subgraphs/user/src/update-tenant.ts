import type { Tx } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenant, giveHosts } from './change-tenant.ts';
import type { UserDeps } from './deps.ts';
import { idField } from './fields.ts';
import { lockKnownTenant, requireInstallation } from './installation.ts';
import { defaultTenantSlug, updateTenantRow } from './queries/tenants.ts';
import type { TenantRow } from './tables/index.ts';
import { brandingFields, hostsField, senderAddressField, tenantNameField } from './tenant-fields.ts';

const inputShape = z.object({
  tenantId: idField,
  name: tenantNameField.optional(),
  hosts: hostsField.optional(),
  ...brandingFields,
  senderAddress: senderAddressField.nullish(),
});

/**
 * Changes any tenant's name, hosts, branding and sender. Its public URL stays, for the identity of its issuer does.
 * FORBIDDEN, STEP_UP_REQUIRED, NOT_FOUND; BAD_USER_INPUT, for a host of another tenant too.
 */
export async function updateTenant(deps: UserDeps, principal: Principal, input: unknown): Promise<TenantRow> {
  const { tenantId, hosts, ...change } = readInput(inputShape, input);
  await requireInstallation(deps.database.db, principal);
  requireRecent(principal);
  const { tenant } = await changeTenant(deps, async (tx: Tx) => {
    const before = await lockKnownTenant(tx, tenantId);
    // What each start brings in step with the configuration.
    if (before.slug === defaultTenantSlug && hosts)
      throw badInput({ path: 'hosts', message: 'of the default tenant follow PUBLIC_URL' });
    if (hosts) await giveHosts(tx, tenantId, [before.primaryHost, ...hosts]);
    return { tenantId, tenant: await updateTenantRow(tx, tenantId, { ...change, updatedAt: new Date() }) };
  });
  return tenant;
}
