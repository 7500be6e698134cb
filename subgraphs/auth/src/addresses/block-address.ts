import { newId } from '@gatehouse/data';
import { type Principal, tellAddressBlock } from '@gatehouse/identity';
import { GatehouseError, RangeMap, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { countBlockedAddresses, putBlockedAddress } from '../queries/blocked-addresses.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { BlockedAddress } from '../tables/blocked-address.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { blockInput, maxBlocks } from './block-input.ts';
import { requireInstallation } from './installation.ts';

/**
 * Has an address or network refused, at the caller's tenant or, with tenants:write, everywhere; in place of a block of the
 * same range. CONFLICT for the caller's own address without `force`, and past the number of blocks.
 * BAD_USER_INPUT, FORBIDDEN, STEP_UP_REQUIRED.
 */
export async function blockAddress(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ blockedAddress: BlockedAddress }> {
  const { address: range, reason, expiresAt, everywhere, force } = readInput(blockInput, request);
  if (everywhere) await requireInstallation(services, principal);
  await requireRecentSession(services, principal);
  if (!force && holds(range, client.ipAddress)) {
    throw new GatehouseError('CONFLICT', 'This would block the address that you come from.');
  }
  const tenantId = everywhere ? null : principal.tenantId;
  const blockedAddress = await inUnitOfWork(services, async (unit) => {
    if ((await countBlockedAddresses(unit.tx, tenantId)) >= maxBlocks) {
      throw new GatehouseError('CONFLICT', `There are ${maxBlocks} blocks; lift some of them first.`);
    }
    const row = await putBlockedAddress(unit.tx, {
      id: newId(),
      tenantId,
      range,
      reason: reason ?? null,
      automatic: false,
      createdBy: actorOf(principal),
      expiresAt: expiresAt ?? null,
    });
    unit.securityEvent({
      tenantId: principal.tenantId,
      by: principal,
      type: 'ADDRESS_BLOCKED',
      userId: null,
      origin: originOf(client),
      details: { ...detailsOf(row), reason: row.reason, expiresAt: row.expiresAt, automatic: false },
    });
    const block = { id: row.id, tenantId, range, expiresAt: row.expiresAt?.getTime() ?? null };
    unit.afterCommit(() => tellAddressBlock(services, { block }));
    return row;
  });
  return { blockedAddress };
}

export const detailsOf = ({ id, range, tenantId }: BlockedAddress) => ({
  blockedAddressId: id,
  range,
  everywhere: tenantId === null,
});

function holds(range: string, ipAddress: string): boolean {
  const map = new RangeMap<true>();
  map.add(range, true);
  return map.find(ipAddress).length > 0;
}
