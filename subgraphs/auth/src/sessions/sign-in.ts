import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { issueChallenge, issueEnrolment, type MfaChallenge, type MfaEnrolment } from '../mfa/challenge.ts';
import { requiredFrom } from '../mfa/requirement.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { sha256 } from '../oidc/secrets.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { useDevice } from '../queries/remembered-devices.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { openSession, type TokenSet } from './open-session.ts';

export type LoginResult = TokenSet | MfaChallenge | MfaEnrolment;

/**
 * What follows a first step that was good, whichever way in it was: a session, or a challenge when the account has a
 * second factor and the device is not a remembered one. Only `verifyMfa` opens sessions besides.
 */
export async function signIn(
  services: Services,
  unit: UnitOfWork,
  login: {
    issuer: Issuer;
    subject: Subject;
    amr: string[];
    client: ClientInfo;
    deviceToken?: string | undefined;
  },
): Promise<LoginResult> {
  const { subject, amr, deviceToken } = login;
  const factors = await findActiveFactors(unit.tx, subject);
  if (factors.length === 0) {
    const deadline = await requiredFrom(unit.tx, subject);
    const isLate = deadline !== null && deadline <= new Date();
    return isLate ? issueEnrolment(services, unit, login) : openSession(unit, login);
  }
  if (await isRemembered(unit, subject, deviceToken)) return openSession(unit, login);
  return issueChallenge(services, unit, { subject, amr, factors });
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
