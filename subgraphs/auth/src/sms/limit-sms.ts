import { GatehouseError, networkOf } from '@gatehouse/service-kit';
import { readPhoneNumber } from '@gatehouse/service-kit/phone-number';
import { sha256 } from '../oidc/secrets.ts';
import type { Services } from '../services.ts';

/** `confirm`: to a number that somebody says is theirs; `sign-in`: to one that was confirmed. */
export type SmsPurpose = 'confirm' | 'sign-in';

export type SmsRecipient = {
  tenantId: string;
  userId: string;
  /** E.164 */
  phoneNumber: string;
  purpose: SmsPurpose;
  ipAddress: string;
};

const anHour = 3_600;
const aDay = 86_400;

/**
 * Every SMS costs money, and some numbers pay those who have them texted. RATE_LIMITED past what an account, a number, a network or
 * a tenant gets, with one answer for all of them; FORBIDDEN for a country that no SMS are sent to. Codes to numbers that are not
 * confirmed have counters of their own: they leave those that people sign in with alone.
 */
export async function limitSms(services: Services, recipient: SmsRecipient): Promise<void> {
  const { tenantId, userId, phoneNumber, purpose, ipAddress } = recipient;
  const { smsPerAccount, smsPerNumber, smsPerNetwork, smsPerTenant } = services.config;
  requireCountry(services, phoneNumber);
  const window = purpose === 'confirm' ? aDay : anHour;
  const key = `sms:${purpose}`;
  // From narrow to wide: what one account is refused takes nothing from the others.
  await take(services, `${key}:account:${userId}`, smsPerAccount, window);
  await take(services, `${key}:number:${sha256(phoneNumber)}`, smsPerNumber, window);
  await take(services, `${key}:network:${networkOf(ipAddress)}`, smsPerNetwork, anHour);
  await take(services, `${key}:tenant:${tenantId}`, smsPerTenant, aDay);
}

function requireCountry({ config: { smsCountries } }: Services, phoneNumber: string): void {
  if (smsCountries === 'any') return;
  const country = readPhoneNumber(phoneNumber)?.country;
  if (country && smsCountries.includes(country)) return;
  throw new GatehouseError('FORBIDDEN', 'No SMS are sent to numbers of this country.');
}

/** As `takeQuota`, but the refusal does not tell by its `retryAfter` which of them it was. */
async function take(services: Services, key: string, most: number, ttlSeconds: number): Promise<void> {
  if ((await services.keyValue.increment(key, { ttlSeconds })) <= most) return;
  throw new GatehouseError('RATE_LIMITED', 'Too many SMS were asked for.', { retryAfter: anHour });
}
