import { networkOf } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { takeQuota } from '../limits/take-quota.ts';
import type { Services } from '../services.ts';

/**
 * Bounds guessing by address, whatever the accounts or codes: RATE_LIMITED past the quota of a minute. The limits of the
 * API count at the gateway; these pages are none of its operations.
 */
export const limitSignIns = (
  services: Pick<Services, 'keyValue' | 'config'>,
  { ipAddress }: ClientInfo,
): Promise<void> =>
  takeQuota(services, {
    key: `sign-in:${networkOf(ipAddress)}`,
    most: services.config.signInsPerNetwork,
    windowSeconds: 60,
    message: 'Too many attempts.',
  });
