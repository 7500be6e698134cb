import { GatehouseError, networkOf } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';

const windowSeconds = 60;

/**
 * Bounds guessing by address, whatever the accounts or codes: RATE_LIMITED past the quota of a minute. The limits of the
 * API count at the gateway; these pages are none of its operations.
 */
export async function limitSignIns(
  services: Pick<Services, 'keyValue' | 'config'>,
  { ipAddress }: ClientInfo,
): Promise<void> {
  const key = `sign-in:${networkOf(ipAddress)}`;
  const count = await services.keyValue.increment(key, { ttlSeconds: windowSeconds });
  if (count <= services.config.signInsPerNetwork) return;
  throw new GatehouseError('RATE_LIMITED', 'Too many attempts.', { retryAfter: windowSeconds });
}
