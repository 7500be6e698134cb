import { randomBytes } from 'node:crypto';
import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { clientFields } from '../clients/client-input.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { insertArtifact } from '../queries/artifacts.ts';
import { requireHeld } from '../require-held.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const day = 86_400;
const input = z.object({
  scopes: clientFields.shape.scopes,
  expiresIn: z
    .number()
    .int()
    .min(60)
    .max(30 * day)
    .nullish()
    .transform((value) => value ?? day),
});

export const initialAccessToken = 'InitialAccessToken';

/** A token with which one client may register itself once (RFC 7591 §3), with these scopes at most. STEP_UP_REQUIRED. */
export async function createInitialAccessToken(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ token: string; expiresAt: Date }> {
  const { scopes, expiresIn } = readInput(input, request);
  requireHeld(principal, scopes);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const token = randomBytes(32).toString('base64url');
  const createdBy = principal.kind === 'user' ? principal.userId : null;
  await inUnitOfWork(services, async (unit) => {
    const stored = { scopes, createdBy };
    const none = [null, null, null, null, null];
    await insertArtifact(unit.tx, [tenantId, initialAccessToken, sha256(token), stored, ...none, expiresIn]);
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'INITIAL_ACCESS_TOKEN_CREATED',
      userId: createdBy,
      origin: originOf(client),
      details: { scopes, by: actorOf(principal) },
    });
  });
  return { token, expiresAt: new Date(Date.now() + expiresIn * 1000) };
}
