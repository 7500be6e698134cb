import type { MfaMethod } from '../../generated/resolvers.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { countBackupCodes } from '../queries/backup-codes.ts';
import { findChallenge, insertChallenge } from '../queries/mfa-challenges.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { ChallengePurpose, MfaChallengeRow } from '../tables/mfa-challenge.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import type { Tenant } from '../tenants.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { newChallengeId } from './codes.ts';
import { methodsOf } from './methods.ts';

export type MfaChallenge = { challengeId: string; methods: MfaMethod[]; expiresAt: Date };

/** A sign-in that waits for a first factor to be added. */
export type MfaEnrolment = Pick<MfaChallenge, 'challengeId' | 'expiresAt'>;

/** Asks somebody whose first step was good for one of their second factors. There is no session before they have it. */
export async function issueChallenge(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: { subject: Subject; amr: string[]; factors: readonly MfaFactor[] },
): Promise<MfaChallenge> {
  const challenge = await storeChallenge(services, unit, 'verify', login);
  const codesLeft = await countBackupCodes(unit.tx, login.subject);
  return { ...challenge, methods: methodsOf(login.factors, codesLeft) };
}

/** Lets somebody who has to have a second factor, and has none, add one. There is no session before they did. */
export const issueEnrolment = (
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: { subject: Subject; amr: string[] },
): Promise<MfaEnrolment> => storeChallenge(services, unit, 'enrol', login);

async function storeChallenge(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  purpose: ChallengePurpose,
  { subject: { tenantId, userId }, amr }: { subject: Subject; amr: string[] },
): Promise<MfaEnrolment> {
  const challengeId = newChallengeId();
  const expiresAt = new Date(Date.now() + services.config.mfaChallengeTtl * 1000);
  await insertChallenge(unit.tx, { idHash: sha256(challengeId), tenantId, userId, purpose, amr, expiresAt });
  return { challengeId, expiresAt };
}

const idShape = /^[A-Za-z0-9_-]{43}$/;

/** A challenge of this tenant that waits for this, and whose it is. INVALID_CODE for any other. */
export async function openChallenge(
  services: Services,
  tenant: Tenant,
  challengeId: string,
  purpose: ChallengePurpose,
): Promise<{ challenge: MfaChallengeRow; subject: Subject }> {
  if (!idShape.test(challengeId)) throw invalidCode();
  const challenge = await findChallenge(services.database.db, tenant.id, sha256(challengeId), purpose);
  if (!challenge) throw invalidCode();
  const subject = activeIn(tenant.id, await findSubject(services, challenge.userId));
  if (!subject) throw invalidCode();
  return { challenge, subject };
}
