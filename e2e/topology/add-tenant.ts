import { type Credentials, GatehouseClient, Mailbox, newPassword, people } from '@gatehouse/testkit/clients';
import type { Deployment } from './deployment.ts';

/** Gives a running deployment a second tenant, on a host of its own, with a super-administrator. */
export async function addTenant({
  url,
  administrator,
}: Pick<Deployment, 'url' | 'administrator'>): Promise<{ host: string; administrator: Credentials }> {
  const host = `other.localhost:${new URL(url).port}`;
  const { client } = await people({ url, administrator }).administrator();
  const first = { email: 'olga@other.example', password: newPassword() };
  await client.ask(
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }',
    {
      input: {
        slug: 'other',
        name: 'The Other Hospital',
        publicUrl: `http://${host}`,
        administratorEmail: first.email,
      },
    },
  );
  const anyone = new GatehouseClient({ url, host });
  const mailbox = new Mailbox(anyone);
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: first.email }));
  await people({ url, host, administrator: first }).confirm(first, code);
  return { host, administrator: first };
}
