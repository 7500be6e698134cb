import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { phoneNumberField } from '@gatehouse/service-kit/phone-number';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { putPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { type TextedCode, textCode } from '../sms/text-code.ts';
import { textedCodeHash } from './codes.ts';
import { requireRecentSession } from './require-recent-session.ts';
import { requireOffered } from './requirement.ts';
import { subjectOf } from './start-totp.ts';

const input = z.object({ phoneNumber: phoneNumberField });

/**
 * Texts a code to a number; with it `confirmSmsFactor` has SMS to that number count as a second factor. BAD_USER_INPUT for what is no
 * mobile number; FORBIDDEN for countries that no SMS are sent to, and when second factors are off; CONFLICT when SMS counts
 * already; STEP_UP_REQUIRED; RATE_LIMITED.
 */
export async function startSmsFactor(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<TextedCode> {
  const { phoneNumber: phone } = readInput(input, request);
  await requireRecentSession(services, principal, { always: true });
  const subject = await subjectOf(services, principal);
  await requireOffered(services.database.db, subject);
  const { tenantId, userId } = subject;
  return textCode(
    services,
    { subject, phoneNumber: phone.number, purpose: 'confirm', client },
    async (code) => {
      const codeHash = textedCodeHash(services.config, userId, code);
      const codeExpiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
      const factor = {
        tenantId,
        userId,
        kind: 'sms',
        phoneNumber: phone.number,
        codeHash,
        codeExpiresAt,
      } as const;
      if (await putPendingFactor(services.database.db, factor)) return;
      throw new GatehouseError(
        'CONFLICT',
        'SMS is a second factor of this account already: remove it first.',
      );
    },
  );
}
