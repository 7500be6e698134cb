import { type Principal, tellAddressBlock } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { deleteBlockedAddress } from '../queries/blocked-addresses.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { detailsOf } from './block-address.ts';
import { managesInstallation } from './installation.ts';

const input = z.object({ blockedAddressId: z.uuid() });

/** Has an address answered again. NOT_FOUND for a block of another tenant, or one that holds everywhere; STEP_UP_REQUIRED. */
export async function unblockAddress(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ blockedAddressId: string }> {
  const { blockedAddressId } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const everywhere = await managesInstallation(services, principal);
  await inUnitOfWork(services, async (unit) => {
    const row = await deleteBlockedAddress(unit.tx, { tenantId, everywhere }, blockedAddressId);
    if (!row) throw new GatehouseError('NOT_FOUND', 'There is no such block.');
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'ADDRESS_UNBLOCKED',
      userId: null,
      origin: originOf(client),
      details: detailsOf(row),
    });
    unit.afterCommit(() => tellAddressBlock(services, { lifted: row.id }));
  });
  return { blockedAddressId };
}
