import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { claimCheck, findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { noProvider } from './find-provider.ts';
import { withHealth } from './health.ts';
import { traits } from './kinds.ts';

const input = z.object({ identityProviderId: z.uuid() });

/** Asks a provider for its description; how that went is kept as its health. NOT_FOUND. */
export async function checkIdentityProvider(
  services: Services,
  request: unknown,
  { tenantId }: Principal,
): Promise<{ identityProvider: IdentityProvider }> {
  const { identityProviderId } = readInput(input, request);
  const identityProvider = await findIdentityProvider(services.database.db, tenantId, identityProviderId);
  if (!identityProvider) throw noProvider();
  await ask(services, identityProvider);
  return { identityProvider };
}

/** Discovery, anew; those without one are known by their use alone. */
async function ask(services: Services, provider: IdentityProvider): Promise<void> {
  if (traits[provider.kind].protocol !== 'openid') return;
  services.providerClients.forget(provider);
  await withHealth(services, provider, () => services.providerClients.of(provider)).catch(() => {});
}

const everyMs = 60_000;
/** Who was heard of within this time is not asked. Seconds. */
const quietFor = 900;

/** Asks enabled providers that nobody has used for a quarter of an hour, each once over all processes. */
export function startProviderChecks(services: Services) {
  let running: Promise<void> = Promise.resolve();
  const checkAll = async () => {
    for (;;) {
      const provider = await claimCheck(services.database.db, quietFor);
      if (!provider) return;
      await ask(services, provider);
    }
  };
  const timer = setInterval(() => {
    running = checkAll().catch((err: unknown) =>
      services.logger.warn({ err }, 'identity providers were not checked'),
    );
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
