import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { GatehouseError } from '@gatehouse/service-kit';
import { z } from 'zod';
import { useAssertion } from '../queries/external-logins.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { ExternalIdentity } from './external-identity.ts';
import { readSecret } from './provider-clients.ts';

/** How old the word of Telegram may be, and how far its clock ahead of ours. Seconds. */
const freshFor = 300;
const ahead = 30;

const line = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters');

export const telegramPayload = z.object({
  id: z.string().regex(/^[1-9]\d{0,19}$/, 'must be a number'),
  firstName: line.nullish(),
  lastName: line.nullish(),
  username: line.min(1).max(100).nullish(),
  photoUrl: line.nullish(),
  authDate: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
});

export type TelegramPayload = z.output<typeof telegramPayload>;

const invalid = () => new GatehouseError('INVALID_CREDENTIALS', 'Sign-in failed.');

/**
 * Who somebody is on Telegram: HMAC-SHA-256 over the sorted fields, keyed by the SHA-256 of the bot's token (Telegram,
 * "Checking authorization"). INVALID_CREDENTIALS when it is forged, older than five minutes, or was used before.
 */
export async function useTelegramPayload(
  services: Services,
  provider: IdentityProvider,
  payload: TelegramPayload,
): Promise<ExternalIdentity> {
  if (!provider.secretJwe) throw invalid();
  const token = await readSecret(services.config, provider.secretJwe);
  const given = Buffer.from(payload.hash, 'hex');
  if (!timingSafeEqual(signatureOf(token, payload), given)) throw invalid();
  const age = Date.now() / 1000 - payload.authDate;
  if (age > freshFor || age < -ahead) throw invalid();
  const expiresAt = new Date((payload.authDate + freshFor + ahead) * 1000);
  const hash = createHash('sha256').update(given).digest('base64url');
  const first = await useAssertion(services.database.db, { providerId: provider.id, hash, expiresAt });
  if (!first) throw invalid();
  return {
    subject: payload.id,
    account: payload.username ?? null,
    email: null,
    emailVerified: false,
    firstName: payload.firstName ?? null,
    lastName: payload.lastName ?? null,
    roles: [],
    amr: [],
    scopes: [],
  };
}

function signatureOf(token: string, payload: TelegramPayload): Buffer {
  const fields: Record<string, string | number | null | undefined> = {
    auth_date: payload.authDate,
    first_name: payload.firstName,
    id: payload.id,
    last_name: payload.lastName,
    photo_url: payload.photoUrl,
    username: payload.username,
  };
  const text = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const key = createHash('sha256').update(token).digest();
  return createHmac('sha256', key).update(text).digest();
}
