import { GatehouseError, networkOf } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';

/** RATE_LIMITED when one address (IPv6: one /64) tries too many codes, whosever they are. */
export async function limitAttempts(services: Services, client: ClientInfo): Promise<void> {
  const { mfaAttemptsPerNetwork, lockoutSeconds } = services.config;
  const key = `mfa:from:${networkOf(client.ipAddress)}`;
  const count = await services.keyValue.increment(key, { ttlSeconds: lockoutSeconds });
  if (count <= mfaAttemptsPerNetwork) return;
  throw new GatehouseError('RATE_LIMITED', 'Too many codes were tried.', { retryAfter: lockoutSeconds });
}
