import { env, StartupError } from '@gatehouse/service-kit';
import { e164Field } from '@gatehouse/service-kit/phone-number';
import { z } from 'zod';
import type { DkimKey } from './smtp/dkim-key.ts';
import { mailConfigOf, mailEnvironment } from './smtp/environment.ts';

export type TwilioConfig = {
  accountSid: string;
  authToken: string;
  from: { number: string } | { messagingServiceSid: string };
  url: string;
};

export type NotificationConfig = {
  /** `smtp://user:password@host:587`; null: the development mailbox, or nothing in production. */
  smtpUrl: string | null;
  smtpConnections: number;
  /** How long the mail server may say nothing. */
  smtpTimeoutMs: number;
  mailFrom: string;
  /** Where mails that can't be delivered are sent back to; null: to whom they come from. */
  mailReturnPath: string | null;
  /** What whoever passes reports of mails on has to know; null: reports are not taken. */
  mailReportsSecret: string | null;
  /** Null: mails leave unsigned. */
  dkim: DkimKey | null;
  /** Null: SMS go where mails go without SMTP, or are refused. */
  twilio: TwilioConfig | null;
  /** Messages are kept in a table and readable at `/dev/mailbox`; never together with SMTP. */
  developmentMailbox: boolean;
  /** Messages of a channel on their way at the same time. */
  concurrency: number;
  /** Attempts before a message is dead. With the delays below the last one is made after about a day. */
  maxAttempts: number;
  firstRetryMs: number;
  maxRetryMs: number;
  /** How often due messages are looked for besides those accepted here. */
  pollMs: number;
  /** Days the record of a message, and with it its idempotency key, is kept. */
  keepDays: number;
  /** Days the text of a message that could not be sent is kept; no link lives longer. */
  keepDeadMessageDays: number;
  /** Days an address is not written to. A dead one costs a mail a year; and a mailbox may be given to somebody else. */
  keepSuppressionDays: number;
};

export const defaultNotificationConfig: NotificationConfig = {
  smtpUrl: null,
  smtpConnections: 10,
  smtpTimeoutMs: 60_000,
  mailFrom: 'Gatehouse <no-reply@localhost>',
  mailReturnPath: null,
  mailReportsSecret: null,
  dkim: null,
  twilio: null,
  developmentMailbox: true,
  concurrency: 10,
  maxAttempts: 12,
  firstRetryMs: 5_000,
  maxRetryMs: 4 * 3_600_000,
  pollMs: 1_000,
  keepDays: 90,
  keepDeadMessageDays: 7,
  keepSuppressionDays: 365,
};

/** Twilio's name of a thing. */
const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-f]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);

/** What a process that mounts this subgraph reads from the environment. */
export const notificationEnvironment = {
  ...mailEnvironment,
  /** With these SMS go out over Twilio: account and token, and a number or a messaging service to send from. */
  TWILIO_ACCOUNT_SID: sid('AC').optional(),
  TWILIO_AUTH_TOKEN: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  TWILIO_FROM: e164Field
    .or(z.string().regex(/^[A-Za-z0-9 ]{1,11}$/, 'must be a number or a sender name'))
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid('MG').optional(),
  /** Where Twilio is, for regions and tests. */
  TWILIO_URL: env.url('https', 'http').optional(),
};

const environment = z.object({ ...notificationEnvironment, NODE_ENV: z.string().optional() });

export const notificationConfigOf = (values: z.output<typeof environment>): NotificationConfig => ({
  ...defaultNotificationConfig,
  ...mailConfigOf(values),
  twilio: twilioOf(values),
  developmentMailbox: !values.SMTP_URL && values.NODE_ENV !== 'production',
});

/** All of it or nothing: half of it would have SMS wait for ever. */
function twilioOf(values: z.output<typeof environment>): TwilioConfig | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_URL: url } = values;
  const { TWILIO_FROM: number, TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid } = values;
  if (!accountSid && !authToken && !number && !messagingServiceSid && !url) return null;
  const from = messagingServiceSid ? { messagingServiceSid } : number ? { number } : null;
  if (accountSid && authToken && from && !(number && messagingServiceSid)) {
    return { accountSid, authToken, from, url: url ?? 'https://api.twilio.com' };
  }
  const problems = [
    ...(accountSid ? [] : ['  TWILIO_ACCOUNT_SID: is required with the other settings of Twilio']),
    ...(authToken ? [] : ['  TWILIO_AUTH_TOKEN: is required with the other settings of Twilio']),
    ...(from
      ? []
      : ['  TWILIO_FROM: is required with the other settings of Twilio, or TWILIO_MESSAGING_SERVICE_SID']),
    ...(number && messagingServiceSid
      ? ['  TWILIO_FROM: TWILIO_MESSAGING_SERVICE_SID says already who sends']
      : []),
  ];
  throw new StartupError(`The environment is not valid:\n${problems.join('\n')}`);
}
