import { newId } from '@gatehouse/data';
import { maskPhoneNumber } from '@gatehouse/service-kit/phone-number';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { SendSmsDocument } from '../../generated/calls.ts';
import { newShortCode } from '../mfa/codes.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { limitSms, type SmsPurpose } from './limit-sms.ts';

export type TextedCode = { codeExpiresAt: Date; phoneNumber: string };

type Recipient = { subject: Subject; phoneNumber: string; purpose: SmsPurpose; client: ClientInfo };

/**
 * Stores a new code with `put`, then texts it; answers the number masked. RATE_LIMITED, and FORBIDDEN where no SMS are sent to that
 * number or none at all.
 */
export async function textCode(
  services: Services,
  { subject, phoneNumber, purpose, client }: Recipient,
  put: (code: string) => Promise<void>,
): Promise<TextedCode> {
  const { tenantId, tenantName, userId, locale, publicUrl } = subject;
  await limitSms(services, { tenantId, userId, phoneNumber, purpose, ipAddress: client.ipAddress });
  const code = newShortCode();
  const codeExpiresAt = new Date(Date.now() + services.config.mfaCodeTtl * 1000);
  await put(code);
  await services.call('notification', SendSmsDocument, {
    input: {
      idempotencyKey: `sms:${newId()}`,
      tenantId,
      tenantName,
      userId,
      to: phoneNumber,
      locale,
      template: 'SIGN_IN_CODE',
      parameters: { code, expiresAt: codeExpiresAt.toISOString(), host: new URL(publicUrl).hostname },
    },
  });
  return { codeExpiresAt, phoneNumber: maskPhoneNumber(phoneNumber) };
}
