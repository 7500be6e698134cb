import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { limitSignIns } from '../interactions/limit-sign-ins.ts';
import type { Services } from '../services.ts';
import type { LoginResult } from '../sessions/sign-in.ts';
import type { EmailRequired } from './external-sign-up.ts';
import { findEnabledProvider, noProvider } from './find-provider.ts';
import { signInExternally } from './sign-in-externally.ts';
import { telegramPayload, useTelegramPayload } from './telegram.ts';

const input = z.object({
  providerId: z.uuid(),
  payload: telegramPayload,
  deviceToken: z.string().max(512).nullish(),
});

/**
 * Signs in with the payload of the Telegram login widget. INVALID_CREDENTIALS for one that is forged, old or used;
 * ACCOUNT_NOT_LINKED; NOT_FOUND, RATE_LIMITED.
 */
export async function loginWithTelegram(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult | EmailRequired> {
  const { providerId, payload, deviceToken } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  await limitSignIns(services, client);
  const issuer = await services.issuers.of(tenant);
  const provider = await findEnabledProvider(services, tenant.id, providerId);
  if (provider.kind !== 'TELEGRAM') throw noProvider();
  const identity = await useTelegramPayload(services, provider, payload);
  return signInExternally(services, {
    issuer,
    provider,
    identity,
    client,
    deviceToken: deviceToken ?? undefined,
  });
}
