import type { MfaMethod } from '../../generated/resolvers.ts';
import type { FactorKind, MfaFactor } from '../tables/mfa-factor.ts';

/** What a factor is called in the API. */
export const methodOf: Record<FactorKind, MfaMethod> = {
  totp: 'TOTP',
  email: 'EMAIL',
  sms: 'SMS',
  passkey: 'PASSKEY',
};

/** What a code as a second factor adds to how somebody proved who they are (RFC 8176 § 2). */
export const amrOfCode = (method: MfaMethod): string[] => [method === 'SMS' ? 'sms' : 'otp', 'mfa'];

/** With what was proved before, each method once. */
export const withSecondFactor = (amr: readonly string[], proof: readonly string[]): string[] => [
  ...new Set([...amr, ...proof]),
];

/** How an account with these factors may answer a challenge. */
export const methodsOf = (factors: readonly MfaFactor[], backupCodesLeft: number): MfaMethod[] => [
  ...new Set(factors.map(({ kind }) => methodOf[kind])),
  ...(backupCodesLeft > 0 ? (['BACKUP_CODE'] as const) : []),
];
