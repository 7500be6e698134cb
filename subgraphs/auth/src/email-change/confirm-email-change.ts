import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { ChangeEmailDocument } from '../../generated/calls.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { useEmailChange } from '../queries/email-changes.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ code: z.string().max(512) });

/**
 * Uses the mailed code up, in a session of whoever asked for it, and has the address be theirs. INVALID_CODE; EMAIL_TAKEN when
 * another account has got it meanwhile. What follows is in the reaction to `user.email_changed`.
 */
export async function confirmEmailChange(
  services: Services,
  request: unknown,
  { tenantId, userId, sessionId }: UserPrincipal,
  client: ClientInfo,
): Promise<{ userId: string }> {
  const { code } = readInput(input, request);
  const confirmedAt = new Date().toISOString();
  const about = { userId, sessionId, ...originOf(client) };
  const email = await inUnitOfWork(services, async (unit) => {
    const [used] = await useEmailChange(unit.tx, [tenantId, userId, sha256(code)]);
    if (!used) throw invalidCode();
    // The user subgraph changes it on this event too, should this process die before it asks for it.
    await unit.event('auth.email_change_confirmed', tenantId, userId, {
      ...about,
      email: used.email,
      confirmedAt,
    });
    return used.email;
  });
  await services.call('user', ChangeEmailDocument, { input: { ...about, tenantId, email, confirmedAt } });
  return { userId };
}
