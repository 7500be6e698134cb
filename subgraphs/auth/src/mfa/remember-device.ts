import { newId } from '@gatehouse/data';
import { sha256 } from '../oidc/secrets.ts';
import { insertDevice } from '../queries/remembered-devices.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { newDeviceToken } from './codes.ts';

/** Remembers the device that a second factor was just used on: the token that it shows at the next sign-ins. */
export async function rememberDevice(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  { tenantId, userId, origin }: { tenantId: string; userId: string; origin: Origin },
): Promise<string> {
  const id = newId();
  const token = newDeviceToken();
  const expiresAt = new Date(Date.now() + services.config.deviceTtl * 1000);
  await insertDevice(unit.tx, { id, tenantId, userId, tokenHash: sha256(token), ...origin, expiresAt });
  unit.securityEvent({ tenantId, type: 'DEVICE_REMEMBERED', userId, origin, details: { deviceId: id } });
  return token;
}
