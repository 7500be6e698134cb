import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { nameDevice } from '../queries/remembered-devices.ts';
import type { Services } from '../services.ts';
import { deviceName } from '../sessions/device-name.ts';
import type { RememberedDevice } from '../tables/remembered-device.ts';

const input = z.object({ deviceId: z.uuid(), name: deviceName });

/** Gives a remembered device of the caller another name, or its own one back. NOT_FOUND, BAD_USER_INPUT. */
export async function renameDevice(
  services: Services,
  request: unknown,
  { tenantId, userId }: UserPrincipal,
): Promise<{ device: RememberedDevice }> {
  const { deviceId, name } = readInput(input, request);
  const device = await nameDevice(services.database.db, { tenantId, userId }, { id: deviceId, name });
  if (!device) throw new GatehouseError('NOT_FOUND', 'There is no such device.');
  return { device };
}
