import type { Executor } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { hasSuperAdministrator } from './queries/super-administrators.ts';

/** Call it after the change, in its transaction: CONFLICT when nobody would be left to administer the tenant. */
export async function keepSuperAdministrator(tx: Executor, tenantId: string): Promise<void> {
  if (await hasSuperAdministrator(tx, tenantId)) return;
  throw new GatehouseError('CONFLICT', 'This is the last active super-administrator of the tenant.');
}
