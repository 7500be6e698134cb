import { type Caller, requireOwnUser } from '@gatehouse/identity';
import { z } from 'zod';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { openChallenge } from './challenge.ts';
import { limitAttempts } from './limit-attempts.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { subjectOf } from './subject-of.ts';

/** Of an MfaEnrolment; left out by who is signed in. */
export const challengeField = z.string().max(512).nullish();

/**
 * Who begins to add a factor: somebody signed in at the product itself, with a recent proof, or somebody who has to add one before
 * they are. UNAUTHENTICATED, FORBIDDEN, STEP_UP_REQUIRED; INVALID_CODE for a challenge that does not say so; RATE_LIMITED.
 */
export async function whoAdds(
  services: Services,
  challengeId: string | null | undefined,
  caller: Caller,
): Promise<Subject> {
  if (challengeId == null) {
    const principal = requireOwnUser(caller);
    await requireRecentSession(services, principal, { always: true });
    return subjectOf(services, principal);
  }
  const tenant = await services.tenants.ofHost(caller.client.host);
  await limitAttempts(services, caller.client);
  return (await openChallenge(services, tenant, challengeId, 'enrol')).subject;
}
