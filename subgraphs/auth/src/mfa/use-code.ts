import type { Tx } from '@gatehouse/data';
import type { MfaMethod } from '../../generated/resolvers.ts';
import { countFailureFrom } from '../addresses/count-failure.ts';
import { countBackupCodes, useBackupCode } from '../queries/backup-codes.ts';
import { findActiveFactors, markFactorUsed, useTotpStep } from '../queries/mfa-factors.ts';
import { clearAttempts, takeAttempt } from '../queries/mfa-guard.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { backupCodeHash, mailedCodeHash, textedCodeHash } from './codes.ts';
import { stepOfCode } from './totp.ts';

/** What `user.security_violation` calls a lock of an account's codes. */
export const secondFactorLocked = 'second_factor_locked';

export type CodeAttempt = {
  tenantId: string;
  userId: string;
  method: Exclude<MfaMethod, 'PASSKEY'>;
  code: string;
  origin: Origin;
  /** Uses a mailed or texted code up, wherever it was kept for this purpose. */
  useSentCode(tx: Tx, codeHash: string, factor: MfaFactor | undefined): Promise<boolean>;
  /** A mailed code counts, and nothing else, whatever the factors. */
  mailed?: boolean;
};

/**
 * Whether a code of a second factor is right, using it up. Every attempt is counted for the account before its code is
 * looked at, whatever sign-in, session or method it is for; past the limit no code is right for a while. To be called with the
 * credential locked, in a transaction that commits for a wrong code too.
 */
export async function useCode(services: Services, unit: UnitOfWork, attempt: CodeAttempt): Promise<boolean> {
  const { tenantId, userId, method, origin } = attempt;
  const { mfaAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  const [taken] = await takeAttempt(unit.tx, [
    tenantId,
    userId,
    mfaAttempts,
    lockoutSeconds,
    lockoutMaxSeconds,
  ]);
  if (taken && (await isRight(services, unit, attempt))) {
    await clearAttempts(unit.tx, userId);
    return true;
  }
  const common = { tenantId, userId, origin };
  await countFailureFrom(services, unit, { tenantId, ipAddress: origin.ipAddress ?? '', account: userId });
  unit.securityEvent({ ...common, type: 'MFA_FAILED', details: { method } });
  const lockedUntil = taken?.locked_until;
  if (!lockedUntil) return false;
  unit.securityEvent({ ...common, type: 'MFA_LOCKED', details: { lockedUntil } });
  await unit.event('user.security_violation', tenantId, userId, {
    userId,
    violationType: secondFactorLocked,
    severity: 'high',
    details: { lockedUntil },
  });
  return false;
}

async function isRight(services: Services, unit: UnitOfWork, attempt: CodeAttempt): Promise<boolean> {
  const { tenantId, userId, method, code } = attempt;
  if (attempt.mailed) {
    const mailedHash = mailedCodeHash(services.config, userId, code);
    return method === 'EMAIL' && attempt.useSentCode(unit.tx, mailedHash, undefined);
  }
  const factors = await findActiveFactors(unit.tx, { tenantId, userId });
  switch (method) {
    case 'TOTP': {
      const app = factors.find(({ kind }) => kind === 'totp');
      if (!app?.secretJwe) return false;
      const step = await stepOfCode(services.config, app.secretJwe, code);
      return step !== undefined && (await useTotpStep(unit.tx, [app.id, step])).length === 1;
    }
    case 'EMAIL':
    case 'SMS': {
      const [kind, hash] =
        method === 'SMS' ? (['sms', textedCodeHash] as const) : (['email', mailedCodeHash] as const);
      const factor = factors.find((one) => one.kind === kind);
      if (!factor) return false;
      const right = await attempt.useSentCode(unit.tx, hash(services.config, userId, code), factor);
      if (right) await markFactorUsed(unit.tx, [factor.id]);
      return right;
    }
    case 'BACKUP_CODE':
      return factors.length > 0 && (await backupCodeIsRight(services, unit, attempt));
  }
}

async function backupCodeIsRight(
  services: Services,
  unit: UnitOfWork,
  { tenantId, userId, code, origin }: CodeAttempt,
): Promise<boolean> {
  const hash = backupCodeHash(services.config, userId, code);
  if ((await useBackupCode(unit.tx, [tenantId, userId, hash])).length === 0) return false;
  const codesLeft = await countBackupCodes(unit.tx, { tenantId, userId });
  unit.securityEvent({ tenantId, type: 'BACKUP_CODE_USED', userId, origin, details: { codesLeft } });
  const { ipAddress } = origin;
  await unit.event('auth.backup_code_used', tenantId, userId, { userId, codesLeft, ipAddress });
  return true;
}
