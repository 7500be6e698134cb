import { acrOf, acrs } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { sha256 } from '../oidc/secrets.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { useDevice } from '../queries/remembered-devices.ts';
import { refusal } from '../risk/judge-sign-in.ts';
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
 * one to be added where that is required. Undefined for nothing. When the application demands two factors, or the risk asks
 * for a second step, a remembered device does not do. Who has no factor adds one for the application, and gives a mailed code
 * for the risk; where both are due the sign-in is refused, or whoever it is would add a factor of their own.
 */
export async function askSecondFactor(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: HalfSignedIn & { client: ClientInfo; deviceToken?: string | undefined; demanded?: boolean },
): Promise<MfaChallenge | MfaEnrolment | undefined> {
  const { subject, deviceToken, demanded, risk } = login;
  // A provider's word for a second factor, which its tenant trusts: no password comes with one.
  if (acrOf(login.amr) === acrs.multiFactor) return undefined;
  const factors = await findActiveFactors(unit.tx, subject);
  if (factors.length === 0) {
    if (demanded || (await isRequired(unit, subject))) {
      if (risk.asks) throw await refusal(unit, login, risk);
      return issueEnrolment(services, unit, login);
    }
    return risk.asks ? issueChallenge(services, unit, { ...login, mailed: true }) : undefined;
  }
  if (!demanded && !risk.asks && (await isRemembered(unit, subject, deviceToken))) return undefined;
  return issueChallenge(services, unit, login);
}

async function isRequired(unit: UnitOfWork, subject: Subject): Promise<boolean> {
  const deadline = await requiredFrom(unit.tx, subject);
  return deadline !== null && deadline <= new Date();
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
