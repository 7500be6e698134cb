import { badInput } from '@gatehouse/service-kit';
import type { SmsTemplate } from '../../generated/resolvers.ts';
import { languages, type Sms, smsTemplates } from './templates.ts';

/** English as it is written where nothing is known of somebody. */
const fallback = 'en-GB';

/**
 * Writes an SMS from its template in the language of `locale` (BCP 47), else in English. BAD_USER_INPUT when a parameter is missing
 * or malformed.
 */
export function writeSms(
  template: SmsTemplate,
  given: { sender: string; locale: string; parameters: unknown },
): Sms {
  const wanted = localeOf(given.locale);
  const known = languages.find((language) => language === wanted.language);
  const locale = known ? wanted.toString() : fallback;
  const facts = { sender: given.sender, locale, language: known ?? 'en' };
  const read = smsTemplates[template].read(given.parameters, facts);
  if (read.success) return read.sms;
  const [first, ...rest] = read.error.issues.map(({ path, message }) => ({
    path: ['parameters', ...path].join('.'),
    message,
  }));
  throw badInput(first ?? { path: 'parameters', message: 'is not valid' }, ...rest);
}

function localeOf(text: string): Intl.Locale {
  try {
    return new Intl.Locale(text);
  } catch {
    return new Intl.Locale(fallback);
  }
}
