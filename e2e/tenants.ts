import { newAddress, newPassword, people, randomText } from '@gatehouse/testkit/clients';
import { administrator, gatehouse } from './gatehouse.ts';

/** A tenant of its own, on a host of its own, with whoever administers it and whoever made it. */
export async function foundTenant() {
  const root = await administrator();
  const slug = `t-${randomText()}`;
  const host = `${slug}.localhost:${new URL(gatehouse.url).port}`;
  const boss = { email: newAddress('boss'), password: newPassword() };
  const { createTenant } = await root.client.ask<{ createTenant: { tenant: { id: string } } }>(
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }',
    { input: { slug, name: `Clinic ${slug}`, publicUrl: `http://${host}`, administratorEmail: boss.email } },
  );
  const there = people({ url: gatehouse.url, host, administrator: boss });
  const invitation = await there.mailbox.waitForMail({ to: boss.email });
  const first = await there.confirm(boss, there.mailbox.codeOf(invitation));
  return { root, tenantId: createTenant.tenant.id, slug, host, there, boss, first, invitation };
}
