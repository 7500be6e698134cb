import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { type MailAnswer, requestMail } from './codes/request-mail.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import type { Services } from './services.ts';

/**
 * Mails a link to set a new password to whoever has the address. The same answer for every address: FORBIDDEN where nobody signs
 * in with one.
 */
export async function requestPasswordReset(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<MailAnswer> {
  const { id } = await services.tenants.ofHost(client.host);
  requirePasswordSignIn(await services.policies.of(id));
  return requestMail(services, 'reset', request, client);
}
