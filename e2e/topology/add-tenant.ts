import { openDatabase } from '@gatehouse/data';
import { openPorts } from '@gatehouse/process';
import { createLogger } from '@gatehouse/service-kit';
import { type Credentials, people } from '@gatehouse/testkit/clients';
import { ensureTenant } from '@gatehouse/user';
import { sql } from 'drizzle-orm';
import type { Deployment } from './deployment.ts';

/**
 * Gives a running deployment a second tenant, on a host of its own, with a super-administrator: what no caller of the API may
 * do yet, and so done in its database.
 */
export async function addTenant(
  { url }: Pick<Deployment, 'url'>,
  databaseUrl: string,
): Promise<{ host: string; administrator: Credentials }> {
  const logger = createLogger({ name: 'e2e', level: 'silent' });
  const host = `other.localhost:${new URL(url).port}`;
  const database = openDatabase({ url: databaseUrl, schema: 'user', poolSize: 1, applicationName: 'e2e' });
  const ports = await openPorts({ databaseUrl, poolSize: 1, logger });
  try {
    const tenant = await ensureTenant(
      { database, logger, keyValue: ports.keyValue, pubSub: ports.pubSub },
      { slug: 'other', name: 'The Other Hospital', hosts: [host], publicUrl: `http://${host}` },
    );
    const { registerAndConfirm } = people({ url, host, administrator: { email: '', password: '' } });
    const { id, email, password } = await registerAndConfirm({ firstName: 'Olga', lastName: 'Other' });
    await database.db.execute(
      sql`insert into "user".user_roles (user_id, role_id)
          select ${id}, id from "user".roles where tenant_id = ${tenant.id} and name = 'super-admin'`,
    );
    return { host, administrator: { email, password } };
  } finally {
    await ports.close();
    await database.close();
  }
}
