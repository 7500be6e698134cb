import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { challengeOfInteraction } from '../mfa/challenge.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { toAdd, toSignIn, toVerify } from '../passkeys/challenge.ts';
import { confirmFirstPasskey, newPasskeyInput } from '../passkeys/confirm-passkey.ts';
import { type RequestOptions, requestOptions } from '../passkeys/request-options.ts';
import { assertionInput } from '../passkeys/response-input.ts';
import { acceptPasskey } from '../passkeys/sign-in-with-passkey.ts';
import { type StartedPasskey, startPasskeyFor } from '../passkeys/start-passkey.ts';
import type { Services } from '../services.ts';
import { completeEnrolment } from './complete-enrolment.ts';
import { type BrowserSession, completeSignIn } from './complete-sign-in.ts';
import { limitSignIns } from './limit-sign-ins.ts';
import { type Interaction, requirePrompt } from './open-interaction.ts';
import { requireChallenge } from './require-challenge.ts';

/**
 * What the browser needs to show a passkey: one of the account whose password was right, else any. RATE_LIMITED; CONFLICT
 * when no sign-in is asked for.
 */
export async function startPasskeySignIn(
  services: Services,
  { tenant }: Issuer,
  interaction: Interaction,
  client: ClientInfo,
): Promise<{ options: RequestOptions; expiresAt: Date }> {
  requirePrompt(interaction, 'login');
  await limitSignIns(services, client);
  const open = await challengeOfInteraction(services, tenant, interaction.uid);
  if (open?.challenge.purpose !== 'verify')
    return requestOptions(services, tenant, toSignIn(tenant.id, { interactionId: interaction.uid }));
  const { idHash, userId } = open.challenge;
  return requestOptions(services, tenant, toVerify(tenant.id, idHash), userId);
}

const signInInput = z.object({ passkey: assertionInput });

/** Signs somebody in with a passkey alone, as the API does. INVALID_CODE, RATE_LIMITED; CONFLICT. */
export async function signInWithPasskey(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): Promise<BrowserSession> {
  requirePrompt(interaction, 'login');
  const { passkey } = readInput(signInInput, request);
  await limitSignIns(services, client);
  const binding = toSignIn(issuer.tenant.id, { interactionId: interaction.uid });
  return acceptPasskey(services, issuer.tenant, binding, { passkey, client }, (unit, login) =>
    completeSignIn(unit, issuer, interaction, { ...login, client }),
  );
}

/** What the browser needs to make a passkey, as the first factor that the interaction waits for. */
export async function startPasskey(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  client: ClientInfo,
): Promise<StartedPasskey> {
  const { challenge, subject } = await requireChallenge(services, issuer, interaction, 'enrol');
  await limitAttempts(services, client);
  return startPasskeyFor(services, subject, toAdd(challenge.tenantId, { challengeHash: challenge.idHash }));
}

/** Has it count and completes the sign-in that waited for it. The backup codes are shown this once. INVALID_CODE. */
export async function confirmPasskey(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): Promise<BrowserSession & { backupCodes: string[] }> {
  const given = readInput(newPasskeyInput, request);
  return completeEnrolment(services, issuer, { interaction, client }, (open, openIt) =>
    confirmFirstPasskey(services, open, { ...given, client }, openIt),
  );
}
