import { replaceBackupCodes } from '../queries/backup-codes.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { raiseSession } from '../sessions/raise-session.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { backupCodeHash, newBackupCodes } from './codes.ts';
import { amrOfCode, methodOf, withSecondFactor } from './methods.ts';

export type ConfirmedFactor = {
  factor: MfaFactor;
  /** With the first factor, and never again. */
  backupCodes: string[] | null;
};

type CurrentSession = { tenantId: string; userId: string; sessionId: string; amr: readonly string[] };

/**
 * What follows when a factor begins to count. With the first one come backup codes, and every other session ends: an
 * older one has not seen the factor. The current one just has.
 */
export async function afterActivation(
  services: Services,
  unit: UnitOfWork,
  activated: { current: CurrentSession; factor: MfaFactor; proof?: readonly string[]; origin: Origin },
): Promise<ConfirmedFactor> {
  const { current, factor, proof, origin } = activated;
  const { tenantId, userId, sessionId, amr } = current;
  const { kind } = factor;
  const first = (await findActiveFactors(unit.tx, { tenantId, userId })).length === 1;
  const backupCodes = first ? await giveBackupCodes(services, unit, { tenantId, userId }) : null;
  if (first) await endSessions(unit, { tenantId, userId, except: sessionId, logoutType: 'forced' });
  await raiseSession(unit, current, withSecondFactor(amr, proof ?? amrOfCode(methodOf[kind])));
  unit.revoke({ userId, ended: false });
  const details = { method: methodOf[kind] };
  unit.securityEvent({ tenantId, type: 'MFA_ENABLED', userId, origin, details });
  await unit.event('user.mfa_enabled', tenantId, userId, {
    userId,
    mfaMethod: kind,
    backupCodesGenerated: first,
  });
  return { factor, backupCodes };
}

/** New backup codes in place of all others. */
export async function giveBackupCodes(
  services: Services,
  unit: UnitOfWork,
  owner: { tenantId: string; userId: string },
): Promise<string[]> {
  const codes = newBackupCodes();
  const hashes = codes.map((code) => backupCodeHash(services.config, owner.userId, code));
  await replaceBackupCodes(unit.tx, owner, hashes);
  return codes;
}
