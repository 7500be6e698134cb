import type { Caller } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { phoneNumberField } from '@gatehouse/service-kit/phone-number';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { type TextedCode, textCode } from '../sms/text-code.ts';
import type { Subject } from '../subject.ts';
import { textedCodeHash } from './codes.ts';
import { requireOffered } from './requirement.ts';
import { challengeField, whoAdds } from './who-adds.ts';

export const smsFactorFields = { phoneNumber: phoneNumberField };

const input = z.object({ ...smsFactorFields, challengeId: challengeField });

/**
 * Texts a code to a number; with it `confirmSmsFactor` has SMS to that number count as a second factor. For who is signed in, or for who
 * has to add a factor before they are: INVALID_CODE for a challenge that does not say so. BAD_USER_INPUT for what is no
 * mobile number; FORBIDDEN for countries that no SMS are sent to, and when second factors are off; CONFLICT when SMS counts
 * already; STEP_UP_REQUIRED; RATE_LIMITED.
 */
export async function startSmsFactor(
  services: Services,
  request: unknown,
  caller: Caller,
): Promise<TextedCode> {
  const { phoneNumber, challengeId } = readInput(input, request);
  const subject = await whoAdds(services, challengeId, caller);
  return startSmsFactorFor(services, subject, { phoneNumber: phoneNumber.number, client: caller.client });
}

/** The same for somebody who was found to be who may. */
export async function startSmsFactorFor(
  services: Services,
  subject: Subject,
  { phoneNumber, client }: { phoneNumber: string; client: ClientInfo },
): Promise<TextedCode> {
  await requireOffered(services.database.db, subject);
  const { tenantId, userId } = subject;
  return textCode(services, { subject, phoneNumber, purpose: 'confirm', client }, async (code) => {
    const codeHash = textedCodeHash(services.config, userId, code);
    const codeExpiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
    const factor = { tenantId, userId, kind: 'sms', phoneNumber, codeHash, codeExpiresAt } as const;
    if (await putPendingFactor(services.database.db, factor)) return;
    throw new GatehouseError('CONFLICT', 'SMS is a second factor of this account already: remove it first.');
  });
}
