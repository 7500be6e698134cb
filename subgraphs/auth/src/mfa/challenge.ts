import type { Executor } from '@gatehouse/data';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { MfaMethod } from '../../generated/resolvers.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { countBackupCodes } from '../queries/backup-codes.ts';
import {
  deleteChallengesOfInteraction,
  findChallenge,
  findChallengeOfInteraction,
  insertChallenge,
} from '../queries/mfa-challenges.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import type { JudgedRisk } from '../risk/judge-sign-in.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { ChallengePurpose, MfaChallengeRow } from '../tables/mfa-challenge.ts';
import type { Tenant } from '../tenants.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { newChallengeId } from './codes.ts';
import { methodsOf } from './methods.ts';

export type MfaChallenge = { challengeId: string; methods: MfaMethod[]; expiresAt: Date };

/** A sign-in that waits for a first factor to be added. */
export type MfaEnrolment = Pick<MfaChallenge, 'challengeId' | 'expiresAt'>;

/** Somebody whose first step was good; at the pages of the provider, in an interaction. */
export type HalfSignedIn = {
  subject: Subject;
  amr: string[];
  interactionId?: string | undefined;
  client: ClientInfo;
  risk: JudgedRisk;
  /** Of a sign-in at a provider. */
  external?: ExternalSession | undefined;
};

/**
 * Asks for one of their second factors, or with `mailed` for a code mailed to the address of an account that has none. There
 * is no session before they have it.
 */
export async function issueChallenge(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: HalfSignedIn & { mailed?: boolean },
): Promise<MfaChallenge> {
  const { subject, risk, mailed = false } = login;
  const challenge = await storeChallenge(services, unit, 'verify', login);
  if (risk.asks) {
    const { tenantId, userId } = subject;
    const details = { score: risk.score, reasons: risk.reasons };
    const origin = originOf(login.client);
    unit.securityEvent({ tenantId, type: 'LOGIN_CHALLENGED', userId, origin, details });
  }
  return { ...challenge, methods: await methodsFor(unit.tx, { ...subject, mailed }) };
}

/** Lets somebody who has to have a second factor, and has none, add one. There is no session before they did. */
export const issueEnrolment = (
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  login: HalfSignedIn,
): Promise<MfaEnrolment> => storeChallenge(services, unit, 'enrol', login);

async function storeChallenge(
  services: Pick<Services, 'config'>,
  unit: UnitOfWork,
  purpose: ChallengePurpose,
  {
    subject: { tenantId, userId },
    amr,
    interactionId,
    risk,
    mailed = false,
    external,
  }: HalfSignedIn & { mailed?: boolean },
): Promise<MfaEnrolment> {
  const challengeId = newChallengeId();
  const expiresAt = new Date(Date.now() + services.config.mfaChallengeTtl * 1000);
  if (interactionId) await deleteChallengesOfInteraction(unit.tx, interactionId);
  await insertChallenge(unit.tx, {
    idHash: sha256(challengeId),
    tenantId,
    userId,
    purpose,
    interactionId: interactionId ?? null,
    amr,
    mailed,
    risk: { score: risk.score, reasons: risk.reasons },
    external: external ?? null,
    expiresAt,
  });
  return { challengeId, expiresAt };
}

/** How a challenge may be answered. */
export const methodsFor = async (
  db: Executor,
  challenge: { tenantId: string; userId: string; mailed: boolean },
): Promise<MfaMethod[]> =>
  challenge.mailed
    ? ['EMAIL']
    : methodsOf(await findActiveFactors(db, challenge), await countBackupCodes(db, challenge));

const idShape = /^[A-Za-z0-9_-]{43}$/;

/** A challenge that waits, and whose it is. */
export type OpenChallenge = { challenge: MfaChallengeRow; subject: Subject };

/** A challenge of this tenant that waits for this, and whose it is. INVALID_CODE for any other. */
export async function openChallenge(
  services: Services,
  tenant: Tenant,
  challengeId: string,
  purpose: ChallengePurpose,
): Promise<OpenChallenge> {
  if (!idShape.test(challengeId)) throw invalidCode();
  const challenge = await findChallenge(services.database.db, tenant.id, sha256(challengeId), purpose);
  const open = challenge && (await withSubject(services, tenant, challenge));
  if (!open) throw invalidCode();
  return open;
}

/** The challenge that an interaction waits for, and whose it is. */
export async function challengeOfInteraction(
  services: Services,
  tenant: Tenant,
  interactionId: string,
): Promise<OpenChallenge | undefined> {
  const challenge = await findChallengeOfInteraction(services.database.db, tenant.id, interactionId);
  return challenge && withSubject(services, tenant, challenge);
}

async function withSubject(
  services: Services,
  tenant: Tenant,
  challenge: MfaChallengeRow,
): Promise<OpenChallenge | undefined> {
  const subject = activeIn(tenant.id, await findSubject(services, challenge.userId));
  return subject && { challenge, subject };
}
