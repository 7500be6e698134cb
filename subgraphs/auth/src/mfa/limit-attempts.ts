import { networkOf } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { takeQuota } from '../limits/take-quota.ts';
import type { Services } from '../services.ts';

/** RATE_LIMITED when one address (IPv6: one /64) tries too many codes, whosever they are. */
export const limitAttempts = (services: Services, { ipAddress }: ClientInfo): Promise<void> =>
  takeQuota(services, {
    key: `mfa:from:${networkOf(ipAddress)}`,
    most: services.config.mfaAttemptsPerNetwork,
    windowSeconds: services.config.lockoutSeconds,
    message: 'Too many codes were tried.',
  });
