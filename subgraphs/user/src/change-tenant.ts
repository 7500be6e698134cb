import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { announceTenantChange } from '@gatehouse/identity';
import { badInput } from '@gatehouse/service-kit';
import type { UserDeps } from './deps.ts';
import { replaceHosts } from './queries/tenants.ts';
import { outbox } from './tables/index.ts';

/**
 * Runs a change of a tenant in one transaction and tells every process. If that fails, the event written with the change
 * has the same effect, only later.
 */
export async function changeTenant<T extends { tenantId: string }>(
  deps: Pick<UserDeps, 'database' | 'pubSub' | 'logger'>,
  change: (tx: Tx) => Promise<T>,
): Promise<T> {
  const changed = await deps.database.transaction(async (tx) => {
    const changed = await change(tx);
    const { tenantId } = changed;
    await writeEvent(tx, outbox, { type: 'tenant.changed', tenantId, subject: tenantId, data: {} });
    return changed;
  });
  try {
    await announceTenantChange(deps.pubSub, { tenantId: changed.tenantId });
  } catch (err) {
    deps.logger.error({ err, tenantId: changed.tenantId }, 'a change could not be announced yet');
  }
  return changed;
}

/** Makes these the hosts of the tenant. BAD_USER_INPUT for one that another tenant has, on any port. */
export async function giveHosts(tx: Tx, tenantId: string, hosts: readonly string[]): Promise<void> {
  const taken = await replaceHosts(tx, tenantId, [...new Set(hosts)]);
  if (taken) throw badInput({ path: 'hosts', message: `${taken} belongs to another tenant` });
}
