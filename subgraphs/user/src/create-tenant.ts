import { newId, type Tx } from '@gatehouse/data';
import { type Principal, requireRecent } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeTenant, giveHosts } from './change-tenant.ts';
import type { UserDeps } from './deps.ts';
import { emailField } from './fields.ts';
import { insertInvited } from './insert-invited.ts';
import { requireInstallation } from './installation.ts';
import { rolesByName } from './queries/roles.ts';
import { superAdministrator } from './queries/super-administrators.ts';
import { insertTenant } from './queries/tenants.ts';
import { seedRoles } from './seed-roles.ts';
import type { TenantRow } from './tables/index.ts';
import {
  brandingFields,
  hostsField,
  publicUrlField,
  senderAddressField,
  slugField,
  tenantNameField,
} from './tenant-fields.ts';

const inputShape = z.object({
  slug: slugField,
  name: tenantNameField,
  publicUrl: publicUrlField,
  hosts: hostsField.nullish(),
  administratorEmail: emailField,
  senderName: brandingFields.senderName,
  senderAddress: senderAddressField.nullish(),
});

/**
 * Creates a tenant with its hosts, the product's roles, and a first super-administrator, whom the event invites. One
 * transaction: all of it happens, or nothing. FORBIDDEN, STEP_UP_REQUIRED; CONFLICT for a slug in use; BAD_USER_INPUT, for
 * a host of another tenant too.
 */
export async function createTenant(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<{ tenant: TenantRow; codeExpiresAt: Date }> {
  const wanted = readInput(inputShape, input);
  await requireInstallation(deps.database.db, principal);
  requireRecent(principal);
  const { value: publicUrl, key: primaryHost } = wanted.publicUrl;
  if (deps.publicUrl.startsWith('https:') && !publicUrl.startsWith('https:'))
    throw badInput({ path: 'publicUrl', message: 'must be https, as that of the installation is' });

  const { tenant } = await changeTenant(deps, async (tx: Tx) => {
    const { slug, name, senderName, senderAddress } = wanted;
    const tenant = await insertTenant(tx, { slug, name, primaryHost, publicUrl, senderName, senderAddress });
    await giveHosts(tx, tenant.id, [primaryHost, ...(wanted.hosts ?? [])]);
    await seedRoles(tx, tenant);
    const roles = await rolesByName(tx, tenant.id, [superAdministrator]);
    await insertInvited(tx, tenant.id, {
      userId: newId(),
      wanted: { email: wanted.administratorEmail },
      roles,
    });
    return { tenantId: tenant.id, tenant };
  });
  return { tenant, codeExpiresAt: new Date(Date.now() + deps.config.confirmationLifetime * 1_000) };
}
