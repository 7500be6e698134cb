import { requireOwnClient, type UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { ensureCredential, lockCredential } from '../queries/credentials.ts';
import { dropReservation, findLink, insertLink } from '../queries/linked-accounts.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { LinkedAccount } from '../tables/linked-account.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { codeInput, takeExternalLogin } from './complete-external-login.ts';
import type { ExternalIdentity } from './external-identity.ts';
import { findEnabledProvider } from './find-provider.ts';
import { telegramPayload, useTelegramPayload } from './telegram.ts';
import { tellOfLink } from './tell-of-link.ts';

const input = z.object({
  code: codeInput.code.nullish(),
  codeVerifier: codeInput.codeVerifier.nullish(),
  providerId: z.uuid().nullish(),
  telegram: telegramPayload.nullish(),
});

/** A reservation older than this came to nothing. Seconds. */
const abandonedAfter = 60;

/**
 * Links an account at a provider to the caller, who has proved to hold both. STEP_UP_REQUIRED; FORBIDDEN for an application
 * that acts for them; CONFLICT when it is linked already; INVALID_CODE, or INVALID_CREDENTIALS of Telegram.
 */
export async function linkAccount(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ linkedAccount: LinkedAccount }> {
  const given = readInput(input, request);
  requireOwnClient(principal);
  // Whoever has no second factor proves a recent sign-in: a link is a way in that stays.
  await requireRecentSession(services, principal, { always: true });
  const { provider, identity } = await proved(services, given, principal.tenantId);
  const { tenantId, userId } = principal;
  const { subject, account, scopes } = identity;
  const where = { providerId: provider.id, subject };
  const before = await findLink(services.database.db, where);
  if (before && !before.linkedAt && !(await findSubject(services, before.userId))) {
    await dropReservation(services.database.db, before, abandonedAfter);
  }
  const linkedAccount = await inUnitOfWork(services, async (unit) => {
    await ensureCredential(unit.tx, { tenantId, userId });
    await lockCredential(unit.tx, [tenantId, userId]);
    const row = await insertLink(unit.tx, { tenantId, userId, account, ...where });
    if (!row) throw new GatehouseError('CONFLICT', 'This account is linked already.');
    await tellOfLink(unit, {
      subject: { tenantId, userId },
      provider,
      externalSubject: subject,
      account,
      scopes,
      client,
      mail: true,
      by: principal,
    });
    return row;
  });
  return { linkedAccount };
}

async function proved(
  services: Services,
  { code, codeVerifier, providerId, telegram }: z.output<typeof input>,
  tenantId: string,
): Promise<{ provider: IdentityProvider; identity: ExternalIdentity }> {
  if (code != null && codeVerifier != null) {
    return takeExternalLogin(services, tenantId, { code, codeVerifier });
  }
  if (telegram == null || providerId == null) {
    throw badInput({ path: 'code', message: 'with its codeVerifier is needed, or providerId and telegram' });
  }
  const provider = await findEnabledProvider(services, tenantId, providerId);
  return { provider, identity: await useTelegramPayload(services, provider, telegram) };
}
