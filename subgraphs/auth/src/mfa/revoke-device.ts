import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteDevice } from '../queries/remembered-devices.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ deviceId: z.uuid() });

/** Forgets a device of the caller: its next sign-in is asked for a second factor. NOT_FOUND. */
export async function revokeDevice(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ deviceId: string }> {
  const { deviceId } = readInput(input, request);
  const { tenantId, userId } = principal;
  await inUnitOfWork(services, async (unit) => {
    if (!(await deleteDevice(unit.tx, { tenantId, userId }, deviceId))) {
      throw new GatehouseError('NOT_FOUND', 'There is no such device.');
    }
    const origin = originOf(client);
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'DEVICE_REVOKED',
      userId,
      origin,
      details: { deviceId },
    });
  });
  return { deviceId };
}
