import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { maxPasswordBytes } from '../passwords/password-rules.ts';
import type { Services } from '../services.ts';

/** What forms have to know before anybody has signed in, of the tenant of the host that was asked. UNKNOWN_TENANT. */
export async function signInOptions(services: Services, client: ClientInfo) {
  const { id } = await services.tenants.ofHost(client.host);
  const { selfRegistration, passwordSignIn, rememberedDevices, passwordMinLength } =
    await services.policies.of(id);
  return {
    selfRegistration,
    passwordSignIn,
    rememberedDevices,
    passwordMinLength,
    passwordMaxBytes: maxPasswordBytes,
  };
}
