import { type Caller, requireOwnUser, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import encodeQR from 'qr';
import { z } from 'zod';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import { openChallenge } from './challenge.ts';
import { limitAttempts } from './limit-attempts.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { requireOffered } from './requirement.ts';
import { newTotp } from './totp.ts';

const input = z
  .object({ challengeId: z.string().max(512).nullish() })
  .nullish()
  .transform((value) => value?.challengeId ?? undefined);

export type StartedTotp = { uri: string; secret: string; qrCode: string };

/**
 * A secret for an authenticator app, which counts once `confirmTotp` has seen a code of it; starting again replaces it.
 * For who is
 * signed in, or for who has to add one before they are: INVALID_CODE for a challenge that does not say so. CONFLICT when the
 * account has an app already; FORBIDDEN when second factors are off; STEP_UP_REQUIRED.
 */
export async function startTotp(services: Services, request: unknown, caller: Caller): Promise<StartedTotp> {
  const challengeId = readInput(input, request);
  const subject =
    challengeId === undefined
      ? await signedIn(services, requireOwnUser(caller))
      : await enrolling(services, challengeId, caller.client);
  return startTotpFor(services, subject);
}

/** The same for somebody who was found to be who may. */
export async function startTotpFor(services: Services, subject: Subject): Promise<StartedTotp> {
  await requireOffered(services.database.db, subject);
  const { tenantId, userId, tenantName, email } = subject;
  const { uri, secret, secretJwe } = await newTotp(services.config, { issuer: tenantName, label: email });
  if (!(await putPendingFactor(services.database.db, { tenantId, userId, kind: 'totp', secretJwe }))) {
    throw new GatehouseError('CONFLICT', 'The account has an authenticator app: remove it first.');
  }
  return { uri, secret, qrCode: encodeQR(uri, 'svg') };
}

async function signedIn(services: Services, principal: UserPrincipal): Promise<Subject> {
  await requireRecentSession(services, principal, { always: true });
  return subjectOf(services, principal);
}

async function enrolling(services: Services, challengeId: string, client: ClientInfo): Promise<Subject> {
  const tenant = await services.tenants.ofHost(client.host);
  await limitAttempts(services, client);
  return (await openChallenge(services, tenant, challengeId, 'enrol')).subject;
}

/** The person behind a principal, who may have been disabled a moment ago. */
export async function subjectOf(services: Services, principal: UserPrincipal): Promise<Subject> {
  const subject = activeIn(principal.tenantId, await findSubject(services, principal.userId));
  if (subject) return subject;
  throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
}
