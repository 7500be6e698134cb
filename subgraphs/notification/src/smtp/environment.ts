import { readFileSync } from 'node:fs';
import { env, StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';
import { senderOf } from '../transports/transport.ts';
import { type DkimKey, dkimPrivateKeyOf } from './dkim-key.ts';
import { areAligned } from './envelope-sender.ts';
import { smtpServerOf } from './smtp-url.ts';

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** How mails leave. */
export const mailEnvironment = {
  /** Without it mails go to the development mailbox. */
  SMTP_URL: env
    .url('smtp', 'smtps')
    .check(({ value, issues }) => {
      try {
        smtpServerOf(value);
      } catch (error) {
        issues.push({ code: 'custom', input: value, message: (error as Error).message });
      }
    })
    .optional(),
  SMTP_CONNECTIONS: env.count(10, 1, 100),
  /** Seconds. */
  SMTP_TIMEOUT: env.count(60, 5, 600),
  MAIL_FROM: env.text('Gatehouse <no-reply@localhost>'),
  /** `bounces+<report id>@…` is what a mail of `bounces@…` is sent back to: RFC 5321 gives a local part 64 octets, the id takes 49 of them. */
  MAIL_RETURN_PATH: z
    .string()
    .regex(
      /^[A-Za-z0-9._-]{1,15}@[A-Za-z0-9.-]{1,190}$/,
      'must be an address whose part before the @ has at most 15 letters, digits, dots, hyphens and underscores',
    )
    .optional(),
  MAIL_REPORTS_SECRET: z
    .string()
    .regex(/^[!-~]{32,}$/, 'must have at least 32 characters, none of them a space')
    .optional(),
  DKIM_DOMAIN: z.string().regex(hostName, 'must be a domain').optional(),
  DKIM_SELECTOR: z.string().regex(hostName, 'must be letters, digits, dots and hyphens').optional(),
  DKIM_PRIVATE_KEY: z.string().min(1).optional(),
  DKIM_PRIVATE_KEY_FILE: z.string().min(1).optional(),
};

type Values = z.output<z.ZodObject<typeof mailEnvironment>>;

/** What the environment says about mail. StartupError for halves, and for keys that can't sign. */
export const mailConfigOf = (values: Values) => ({
  smtpUrl: values.SMTP_URL ?? null,
  smtpConnections: values.SMTP_CONNECTIONS,
  smtpTimeoutMs: values.SMTP_TIMEOUT * 1_000,
  mailFrom: values.MAIL_FROM,
  mailReturnPath: returnPathOf(values),
  mailReportsSecret: values.MAIL_REPORTS_SECRET ?? null,
  dkim: dkimOf(values),
});

function returnPathOf({ MAIL_RETURN_PATH: returnPath, MAIL_FROM: from }: Values): string | null {
  if (!returnPath) return null;
  const { address } = senderOf(from, { senderName: null, senderAddress: null });
  if (areAligned(address, returnPath)) return returnPath;
  throw new StartupError('MAIL_RETURN_PATH must have the domain of MAIL_FROM, or one above or below it.');
}

function dkimOf(values: Values): DkimKey | null {
  const { DKIM_DOMAIN: domain, DKIM_SELECTOR: selector } = values;
  const { DKIM_PRIVATE_KEY: key, DKIM_PRIVATE_KEY_FILE: file } = values;
  if (!domain && !selector && !key && !file) return null;
  if (!domain || !selector || !key === !file)
    throw new StartupError(
      'DKIM_DOMAIN, DKIM_SELECTOR and one of DKIM_PRIVATE_KEY and DKIM_PRIVATE_KEY_FILE are set together or not at all.',
    );
  try {
    return { domain, selector, privateKey: dkimPrivateKeyOf(key ?? readFileSync(file ?? '', 'utf8')) };
  } catch (error) {
    throw new StartupError(
      `${key ? 'DKIM_PRIVATE_KEY' : `DKIM_PRIVATE_KEY_FILE (${file})`}: ${(error as Error).message}`,
    );
  }
}
