import { type AddressBlock, addressBlockPage } from '@gatehouse/identity';
import type { AuthDeps } from '../deps.ts';
import { blockedAddressesAfter } from '../queries/blocked-addresses.ts';

/** A page of the blocks in force at all tenants, in the order of their ids. */
export async function loadAddressBlocks(
  { database }: Pick<AuthDeps, 'database'>,
  after: string | undefined,
): Promise<AddressBlock[]> {
  const rows = await blockedAddressesAfter(database.db, after, addressBlockPage);
  return rows.map(({ id, tenantId, range, expiresAt }) => ({
    id,
    tenantId,
    range,
    expiresAt: expiresAt?.getTime() ?? null,
  }));
}
