import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import encodeQR from 'qr';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { newTotp } from './totp.ts';

export type StartedTotp = { uri: string; secret: string; qrCode: string };

/**
 * A secret for an authenticator app, which counts once `confirmTotp` has seen a code of it; starting again replaces it.
 * CONFLICT when the account has an app already; STEP_UP_REQUIRED.
 */
export async function startTotp(services: Services, principal: UserPrincipal): Promise<StartedTotp> {
  await requireRecentSession(services, principal, { always: true });
  const subject = await subjectOf(services, principal);
  const { tenantId, userId, tenantName, email } = subject;
  const { uri, secret, secretJwe } = await newTotp(services.config, { issuer: tenantName, label: email });
  if (!(await putPendingFactor(services.database.db, { tenantId, userId, kind: 'totp', secretJwe }))) {
    throw new GatehouseError('CONFLICT', 'The account has an authenticator app: remove it first.');
  }
  return { uri, secret, qrCode: encodeQR(uri, 'svg') };
}

/** The person behind a principal, who may have been disabled a moment ago. */
export async function subjectOf(services: Services, principal: UserPrincipal): Promise<Subject> {
  const subject = activeIn(principal.tenantId, await findSubject(services, principal.userId));
  if (subject) return subject;
  throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
}
