import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { askSecondFactor } from '../mfa/ask-second-factor.ts';
import type { MfaChallenge, MfaEnrolment } from '../mfa/challenge.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { judgeSignIn } from '../risk/judge-sign-in.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { openSession, type TokenSet } from './open-session.ts';

export type LoginResult = TokenSet | MfaChallenge | MfaEnrolment;

/**
 * What follows a first step that was good, whichever way in it was: a session, or a challenge when the account has a
 * second factor and the device is not a remembered one, or the sign-in looks like somebody else's. Only `verifyMfa` opens sessions besides.
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
    failures?: number;
    external?: ExternalSession | undefined;
  },
): Promise<LoginResult> {
  const { rememberedDevices } = login.issuer.tenant.policy;
  const first = { ...login, deviceToken: rememberedDevices ? login.deviceToken : undefined };
  const judged = { ...first, risk: await judgeSignIn(services, unit, first) };
  return (await askSecondFactor(services, unit, judged)) ?? (await openSession(unit, judged));
}
