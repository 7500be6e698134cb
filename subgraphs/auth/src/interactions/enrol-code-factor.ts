import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { codeInput } from '../mfa/codes.ts';
import type { CodeFactorKind } from '../mfa/confirm-code-factor.ts';
import { confirmFirstCode } from '../mfa/enrol-code-factor.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import type { SentCode } from '../mfa/send-mfa-code.ts';
import { startEmailFactorFor } from '../mfa/start-email-factor.ts';
import { smsFactorFields, startSmsFactorFor } from '../mfa/start-sms-factor.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import { completeEnrolment } from './complete-enrolment.ts';
import type { BrowserSession } from './complete-sign-in.ts';
import type { Interaction } from './open-interaction.ts';
import { requireChallenge } from './require-challenge.ts';

const smsInput = z.object(smsFactorFields);

/** Sends a code, to the address of who adds a first factor at an interaction or to a number of theirs. As `startEmailFactor`, `startSmsFactor`. */
export async function startCodeFactor(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  { kind, request, client }: { kind: CodeFactorKind; request: unknown; client: ClientInfo },
): Promise<SentCode> {
  const { subject } = await requireChallenge(services, issuer, interaction, 'enrol');
  await limitAttempts(services, client);
  if (kind === 'email') return startEmailFactorFor(services, subject);
  const { phoneNumber } = readInput(smsInput, request);
  return startSmsFactorFor(services, subject, { phoneNumber: phoneNumber.number, client });
}

const confirmInput = z.object({ code: codeInput });

/**
 * Has the code's way count and completes the sign-in that waited for it. The backup codes are shown this once. INVALID_CODE,
 * RATE_LIMITED; CONFLICT when no first factor is asked for.
 */
export async function confirmCodeFactor(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  { kind, request, client }: { kind: CodeFactorKind; request: unknown; client: ClientInfo },
): Promise<BrowserSession & { backupCodes: string[] }> {
  const { code } = readInput(confirmInput, request);
  return completeEnrolment(services, issuer, { interaction, client }, (open, openIt) =>
    confirmFirstCode(services, open, { kind, code, client }, openIt),
  );
}
