import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { codeInput } from '../mfa/codes.ts';
import { confirmFirstApp } from '../mfa/enrol-totp.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import { type StartedTotp, startTotpFor } from '../mfa/start-totp.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import { completeEnrolment } from './complete-enrolment.ts';
import type { BrowserSession } from './complete-sign-in.ts';
import type { Interaction } from './open-interaction.ts';
import { requireChallenge } from './require-challenge.ts';

const input = z.object({ code: codeInput });

/** A secret for an authenticator app, in place of one started before: `startTotp` of who adds one at an interaction. */
export async function startTotp(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  client: ClientInfo,
): Promise<StartedTotp> {
  const { subject } = await requireChallenge(services, issuer, interaction, 'enrol');
  await limitAttempts(services, client);
  return startTotpFor(services, subject);
}

/**
 * Has the app count and completes the sign-in that waited for it. The backup codes are shown this once. INVALID_CODE,
 * RATE_LIMITED; CONFLICT when no first factor is asked for.
 */
export async function confirmTotp(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): Promise<BrowserSession & { backupCodes: string[] }> {
  const { code } = readInput(input, request);
  return completeEnrolment(services, issuer, { interaction, client }, (open, openIt) =>
    confirmFirstApp(services, open, { code, client }, openIt),
  );
}
