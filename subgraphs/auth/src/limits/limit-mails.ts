import { networkOf } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { sha256 } from '../oidc/secrets.ts';
import type { Services } from '../services.ts';
import { takeQuota } from './take-quota.ts';

const windowSeconds = 3_600;

/** A mail that a stranger can have us send. */
type AskedMail = { kind: string; tenantId: string; email: string; client: ClientInfo };

/** Counts a mail for the network that asks, for the address and for the tenant; RATE_LIMITED past the hour's quota of any. */
export async function limitMails(
  services: Services,
  { kind, tenantId, email, client }: AskedMail,
): Promise<void> {
  const { mailsPerNetwork, mailsPerAddress, mailsPerTenant } = services.config;
  await limitMailsOf(services, `${kind}:from:${networkOf(client.ipAddress)}`, mailsPerNetwork);
  await limitMailsOf(services, `${kind}:${tenantId}:${sha256(email.toLowerCase())}`, mailsPerAddress);
  await limitMailsOf(services, `${kind}:${tenantId}`, mailsPerTenant);
}

/** Counts a mail for one of its askers; RATE_LIMITED past `most` in an hour. */
export const limitMailsOf = (services: Services, whose: string, most: number): Promise<void> =>
  takeQuota(services, {
    key: `mail:${whose}`,
    most,
    windowSeconds,
    message: 'Too many mails were asked for.',
  });
