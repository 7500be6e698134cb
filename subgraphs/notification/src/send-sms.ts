import type { Database } from '@gatehouse/data';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { e164Field } from '@gatehouse/service-kit/phone-number';
import { z } from 'zod';
import type { SmsTemplate } from '../generated/resolvers.ts';
import { acceptMessage, type PreparedMessage } from './accept-message.ts';
import type { NotificationConfig } from './config.ts';
import { line } from './sms/line.ts';
import { smsTemplates } from './sms/templates.ts';
import { writeSms } from './sms/write-sms.ts';

const smsInput = z.object({
  idempotencyKey: z.string().min(1).max(200),
  tenantId: z.uuid(),
  tenantName: line(40).pipe(z.string().min(1)),
  userId: z.uuid().nullish(),
  to: e164Field,
  locale: z.string().max(35),
  template: z.enum(Object.keys(smsTemplates) as [SmsTemplate, ...SmsTemplate[]]),
  parameters: z.record(z.string(), z.unknown()),
});

export type SmsRequest = z.input<typeof smsInput>;

type Config = Pick<NotificationConfig, 'twilio' | 'smtpUrl' | 'developmentMailbox'>;

/** Whether there is anything that carries an SMS. */
export const carriesSms = ({ twilio, smtpUrl, developmentMailbox }: Config): boolean =>
  twilio !== null || (developmentMailbox && !smtpUrl);

/**
 * Writes an SMS and accepts it for delivery: durable once answered, one SMS per idempotency key. BAD_USER_INPUT when the number
 * or a parameter is not valid; FORBIDDEN where nothing carries SMS.
 */
export async function sendSms(
  deps: { database: Database; config: Config },
  request: SmsRequest,
): Promise<void> {
  if (!carriesSms(deps.config)) throw new GatehouseError('FORBIDDEN', 'No SMS are sent here.');
  const sms = prepareSms(request);
  await deps.database.transaction((tx) => acceptMessage(tx, sms));
}

/** The part of `sendSms` that needs no transaction. */
export function prepareSms(request: SmsRequest): PreparedMessage {
  const input = readInput(smsInput, request);
  const { idempotencyKey, tenantId, userId, to: recipient, template, tenantName: sender } = input;
  const { locale, parameters } = input;
  return {
    idempotencyKey,
    tenantId,
    userId,
    channel: 'sms',
    template,
    recipient,
    subject: '',
    ...writeSms(template, { sender, locale, parameters }),
  };
}
