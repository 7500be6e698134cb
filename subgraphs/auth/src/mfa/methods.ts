import type { MfaMethod } from '../../generated/resolvers.ts';
import type { FactorKind, MfaFactor } from '../tables/mfa-factor.ts';

/** What a factor is called in the API. */
export const methodOf: Record<FactorKind, MfaMethod> = { totp: 'TOTP', email: 'EMAIL', sms: 'SMS' };

/** What a second factor adds to how somebody proved who they are (RFC 8176 § 2), with what was proved before, each once. */
export const withSecondFactor = (amr: readonly string[], method: MfaMethod): string[] => [
  ...new Set([...amr, method === 'SMS' ? 'sms' : 'otp', 'mfa']),
];

/** How an account with these factors may answer a challenge. */
export const methodsOf = (factors: readonly MfaFactor[], backupCodesLeft: number): MfaMethod[] => [
  ...factors.map(({ kind }) => methodOf[kind]),
  ...(backupCodesLeft > 0 ? (['BACKUP_CODE'] as const) : []),
];
