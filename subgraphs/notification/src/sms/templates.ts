import { z } from 'zod';
import type { SmsTemplate } from '../../generated/resolvers.ts';
import { line } from './line.ts';

/** As short as they can be: each 160 characters are paid for. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

type Facts = { sender: string; locale: string };
export type Sms = { text: string; expiresAt: Date | null };

type Definition = {
  read(
    parameters: unknown,
    facts: Facts & { language: Language },
  ): { success: true; sms: Sms } | { success: false; error: z.ZodError };
};

function define<S extends z.ZodType>(
  shape: S,
  texts: Record<Language, (given: z.output<S>, facts: Facts) => string>,
  uselessAfter: (given: z.output<S>) => Date | null,
): Definition {
  return {
    read(parameters, facts) {
      const result = shape.safeParse(parameters);
      if (!result.success) return { success: false, error: result.error };
      const text = texts[facts.language](result.data, facts);
      return { success: true, sms: { text, expiresAt: uselessAfter(result.data) } };
    },
  };
}

const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));
const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const code = z.object({
  code: z.string().regex(/^\d{6}$/),
  expiresAt: time,
  host: z.string().regex(/^[a-z0-9.-]{1,253}$/),
});
/** Has phones fill a code in at its own site and nowhere else (WICG, origin-bound one-time codes). */
const boundTo = (given: z.output<typeof code>) => `\n\n@${given.host} #${given.code}`;

const appointment = z.object({ startsAt: time, timeZone, place: line(80) });
const when = (given: z.output<typeof appointment>, { locale }: Facts) =>
  new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: given.timeZone,
  }).format(given.startsAt);

const payment = z.object({
  amount: z
    .union([z.string().regex(/^\d{1,15}(\.\d{1,4})?$/), z.number().nonnegative()])
    .transform((amount) => String(amount) as Intl.StringNumericLiteral),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
const money = ({ amount, currency }: z.output<typeof payment>, { locale }: Facts) =>
  new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount);

/** Every SMS: what it needs, its text by language, and when it is of no use any more. */
export const smsTemplates: Record<SmsTemplate, Definition> = {
  SIGN_IN_CODE: define(
    code,
    {
      en: (given, { sender }) =>
        `${given.code} is your code for ${sender}. Tell it to nobody.${boundTo(given)}`,
      de: (given, { sender }) =>
        `${given.code} ist Ihr Code für ${sender}. Sagen Sie ihn niemandem.${boundTo(given)}`,
    },
    ({ expiresAt }) => expiresAt,
  ),
  APPOINTMENT_CONFIRMED: define(
    appointment,
    {
      en: (given, facts) =>
        `${facts.sender}: your appointment is confirmed. ${when(given, facts)}, ${given.place}`,
      de: (given, facts) =>
        `${facts.sender}: Ihr Termin ist bestätigt. ${when(given, facts)}, ${given.place}`,
    },
    ({ startsAt }) => startsAt,
  ),
  PAYMENT_RECEIVED: define(
    payment,
    {
      en: (given, facts) => `${facts.sender}: we have received your payment of ${money(given, facts)}.`,
      de: (given, facts) => `${facts.sender}: Ihre Zahlung über ${money(given, facts)} ist eingegangen.`,
    },
    () => null,
  ),
};
