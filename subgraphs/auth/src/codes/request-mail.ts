import { newId } from '@gatehouse/data';
import { networkOf, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { takeQuota } from '../limits/take-quota.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { insertMailRequest } from '../queries/mail-requests.ts';
import type { Services } from '../services.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import { codeExpiry } from './one-time-code.ts';

/** An address as somebody types it in. */
export const emailInput = z.string().trim().max(254).normalize('NFC').pipe(z.email());

const input = z.object({ email: emailInput });
const windowSeconds = 3_600;

export type MailAnswer = { email: string; codeExpiresAt: Date };

/**
 * Takes a wish for a mail with a code. Known and unknown addresses get the same answer after the same work, a few
 * counters and a row; a worker looks later whose address it is. RATE_LIMITED past the limits, for both alike.
 */
export async function requestMail(
  services: Services,
  kind: CodePurpose,
  request: unknown,
  client: ClientInfo,
): Promise<MailAnswer> {
  const { email } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  const { mailsPerNetwork, mailsPerAddress, mailsPerTenant } = services.config;
  await limit(services, `mail:${kind}:from:${networkOf(client.ipAddress)}`, mailsPerNetwork);
  await limit(services, `mail:${kind}:${tenant.id}:${sha256(email.toLowerCase())}`, mailsPerAddress);
  await limit(services, `mail:${kind}:${tenant.id}`, mailsPerTenant);
  await insertMailRequest(services.database.db, {
    id: newId(),
    tenantId: tenant.id,
    kind,
    email,
    ...originOf(client),
  });
  services.wakeMailRequests();
  return { email, codeExpiresAt: codeExpiry(services, kind) };
}

const limit = (services: Services, key: string, most: number): Promise<void> =>
  takeQuota(services, { key, most, windowSeconds, message: 'Too many mails were asked for.' });
