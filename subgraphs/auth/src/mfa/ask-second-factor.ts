import { sha256 } from '../oidc/secrets.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { useDevice } from '../queries/remembered-devices.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import {
  type HalfSignedIn,
  issueChallenge,
  issueEnrolment,
  type MfaChallenge,
  type MfaEnrolment,
} from './challenge.ts';
import { requiredFrom } from './requirement.ts';

/**
 * What a good first step has to wait for: a second factor of the account, unless the device is a remembered one, or a first
 * one to be added where that is required. Undefined for nothing. When the application demands two factors, a remembered
 * device does not do, and who has none adds one.
 */
export async function askSecondFactor(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: HalfSignedIn & { deviceToken?: string | undefined; demanded?: boolean },
): Promise<MfaChallenge | MfaEnrolment | undefined> {
  const { subject, deviceToken, demanded } = login;
  const factors = await findActiveFactors(unit.tx, subject);
  if (factors.length === 0) {
    if (demanded) return issueEnrolment(services, unit, login);
    const deadline = await requiredFrom(unit.tx, subject);
    const isLate = deadline !== null && deadline <= new Date();
    return isLate ? issueEnrolment(services, unit, login) : undefined;
  }
  if (!demanded && (await isRemembered(unit, subject, deviceToken))) return undefined;
  return issueChallenge(services, unit, login);
}

/** The session of a remembered device has seen one factor: what matters asks it for the second all the same. */
async function isRemembered(
  unit: UnitOfWork,
  { tenantId, userId }: Subject,
  deviceToken: string | undefined,
): Promise<boolean> {
  if (deviceToken === undefined) return false;
  return (await useDevice(unit.tx, [tenantId, userId, sha256(deviceToken)])).length === 1;
}
