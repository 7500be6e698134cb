import { requireOwnClient, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { findIdentityProviders } from '../queries/identity-providers.ts';
import { deleteLink, hasWayIn } from '../queries/linked-accounts.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ linkedAccountId: z.uuid() });

/**
 * Takes a link of the caller away; tokens of the provider no longer stand for them within a second. NOT_FOUND; CONFLICT for
 * the last way in; STEP_UP_REQUIRED; FORBIDDEN for an application that acts for them.
 */
export async function unlinkAccount(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ linkedAccountId: string }> {
  const { linkedAccountId } = readInput(input, request);
  requireOwnClient(principal);
  await requireRecentSession(services, principal);
  const { tenantId, userId } = principal;
  const policy = await services.policies.of(tenantId);
  await inUnitOfWork(services, async (unit) => {
    // Two at once, each the last but one, are in line here.
    await lockCredential(unit.tx, [tenantId, userId]);
    const link = await deleteLink(unit.tx, { tenantId, userId }, linkedAccountId);
    if (!link) throw new GatehouseError('NOT_FOUND', 'There is no such linked account.');
    if (!(await hasWayIn(unit.tx, { tenantId, userId }, policy))) {
      throw new GatehouseError('CONFLICT', 'This is the last way in: set a password or link another first.');
    }
    const [provider] = await findIdentityProviders(unit.tx, [link.providerId]);
    const { ipAddress } = originOf(client);
    const name = provider?.name ?? '';
    unit.revoke({ userId, ended: false });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'ACCOUNT_UNLINKED',
      userId,
      origin: originOf(client),
      details: { provider: name, kind: provider?.kind ?? null, providerId: link.providerId },
    });
    await unit.event('auth.account_unlinked', tenantId, userId, {
      userId,
      provider: name,
      account: link.account,
      ipAddress,
    });
  });
  return { linkedAccountId };
}
