import { newId } from '@gatehouse/data';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { limitMails } from '../limits/limit-mails.ts';
import { originOf } from '../origin.ts';
import { insertMailRequest } from '../queries/mail-requests.ts';
import type { Services } from '../services.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import { codeExpiry } from './one-time-code.ts';

/** An address as somebody types it in. */
export const emailInput = z.string().trim().max(254).normalize('NFC').pipe(z.email());

const input = z.object({ email: emailInput });

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
  await limitMails(services, { kind, tenantId: tenant.id, email, client });
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
