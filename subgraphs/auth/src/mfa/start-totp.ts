import type { Caller } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import encodeQR from 'qr';
import { z } from 'zod';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { requireOffered } from './requirement.ts';
import { newTotp } from './totp.ts';
import { challengeField, whoAdds } from './who-adds.ts';

const input = z
  .object({ challengeId: challengeField })
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
  return startTotpFor(services, await whoAdds(services, readInput(input, request), caller));
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
