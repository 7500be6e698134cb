import type { MfaMethod } from '../../generated/resolvers.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { countBackupCodes } from '../queries/backup-codes.ts';
import { findChallenge, insertChallenge } from '../queries/mfa-challenges.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { MfaChallengeRow } from '../tables/mfa-challenge.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import type { Tenant } from '../tenants.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { newChallengeId } from './codes.ts';
import { methodsOf } from './methods.ts';

export type MfaChallenge = { challengeId: string; methods: MfaMethod[]; expiresAt: Date };

/** Asks somebody whose first step was good for one of their second factors. There is no session before they have it. */
export async function issueChallenge(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: { subject: Subject; amr: string[]; factors: readonly MfaFactor[] },
): Promise<MfaChallenge> {
  const { tenantId, userId } = login.subject;
  const challengeId = newChallengeId();
  const expiresAt = new Date(Date.now() + services.config.mfaChallengeTtl * 1000);
  const idHash = sha256(challengeId);
  await insertChallenge(unit.tx, { idHash, tenantId, userId, amr: login.amr, expiresAt });
  const codesLeft = await countBackupCodes(unit.tx, { tenantId, userId });
  return { challengeId, methods: methodsOf(login.factors, codesLeft), expiresAt };
}

const idShape = /^[A-Za-z0-9_-]{43}$/;

/** A challenge of this tenant that waits, and whose it is. INVALID_CODE for any other. */
export async function openChallenge(
  services: Services,
  tenant: Tenant,
  challengeId: string,
): Promise<{ challenge: MfaChallengeRow; subject: Subject }> {
  if (!idShape.test(challengeId)) throw invalidCode();
  const challenge = await findChallenge(services.database.db, tenant.id, sha256(challengeId));
  if (!challenge) throw invalidCode();
  const subject = activeIn(tenant.id, await findSubject(services, challenge.userId));
  if (!subject) throw invalidCode();
  return { challenge, subject };
}
