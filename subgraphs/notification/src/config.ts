import { env } from '@gatehouse/service-kit';
import { z } from 'zod';

/** What a process that mounts this subgraph reads from the environment. */
export const notificationEnvironment = {
  /** Without it mails go to the development mailbox. */
  SMTP_URL: env.url('smtp', 'smtps').optional(),
  MAIL_FROM: env.text('Gatehouse <no-reply@localhost>'),
};

const environment = z.object({ ...notificationEnvironment, NODE_ENV: z.string().optional() });

export type NotificationConfig = {
  /** `smtp://user:password@host:587`; null: the development mailbox, or nothing in production. */
  smtpUrl: string | null;
  mailFrom: string;
  /** Mails are kept in a table and readable at `/dev/mailbox`; never together with SMTP. */
  developmentMailbox: boolean;
  /** Mails on their way at the same time. */
  concurrency: number;
  /** Attempts before a mail is dead. With the delays below the last one is made after about a day. */
  maxAttempts: number;
  firstRetryMs: number;
  maxRetryMs: number;
  /** How often due mails are looked for besides those accepted here. */
  pollMs: number;
  /** Days the record of a mail, and with it its idempotency key, is kept. */
  keepDays: number;
  /** Days the text of a mail that could not be sent is kept; no link lives longer. */
  keepDeadMessageDays: number;
};

export const defaultNotificationConfig: NotificationConfig = {
  smtpUrl: null,
  mailFrom: 'Gatehouse <no-reply@localhost>',
  developmentMailbox: true,
  concurrency: 10,
  maxAttempts: 12,
  firstRetryMs: 5_000,
  maxRetryMs: 4 * 3_600_000,
  pollMs: 1_000,
  keepDays: 90,
  keepDeadMessageDays: 7,
};

export const notificationConfigOf = (values: z.output<typeof environment>): NotificationConfig => ({
  ...defaultNotificationConfig,
  smtpUrl: values.SMTP_URL ?? null,
  mailFrom: values.MAIL_FROM,
  developmentMailbox: !values.SMTP_URL && values.NODE_ENV !== 'production',
});
