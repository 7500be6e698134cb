import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { phoneNumberField } from '@gatehouse/service-kit/phone-number';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { phoneCodeHash } from '../mfa/codes.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { subjectOf } from '../mfa/subject-of.ts';
import { putPhoneConfirmation } from '../queries/phone-confirmations.ts';
import type { Services } from '../services.ts';
import { type TextedCode, textCode } from '../sms/text-code.ts';

const input = z.object({ phoneNumber: phoneNumberField });

/**
 * Texts a code to the number that somebody wants in their profile; with it `confirmPhoneNumber` puts it there. BAD_USER_INPUT for what
 * is no mobile number; FORBIDDEN for countries that no SMS are sent to; STEP_UP_REQUIRED; RATE_LIMITED.
 */
export async function startPhoneNumber(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<TextedCode> {
  const { phoneNumber: phone } = readInput(input, request);
  await requireRecentSession(services, principal);
  const subject = await subjectOf(services, principal);
  const recipient = { subject, phoneNumber: phone.number, purpose: 'confirm', client } as const;
  return textCode(services, recipient, async (code) => {
    const { tenantId, userId } = subject;
    const codeHash = phoneCodeHash(services.config, userId, code);
    const expiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
    const row = { tenantId, userId, phoneNumber: phone.number, codeHash, expiresAt };
    await putPhoneConfirmation(services.database.db, row);
  });
}
