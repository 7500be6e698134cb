import { type Principal, requireRecent } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { findAssurance } from '../queries/sessions.ts';
import type { Services } from '../services.ts';

/**
 * `requireRecent` by the session as it is stored: a step-up, or a factor that was added, a moment ago counts at once.
 * STEP_UP_REQUIRED, or UNAUTHENTICATED when the session has ended.
 */
export async function requireRecentSession(
  services: Services,
  principal: Principal,
  options: { always?: boolean } = {},
): Promise<void> {
  if (principal.kind !== 'user') return;
  const { tenantId, sessionId } = principal;
  const [session] = await findAssurance(services.database.db, [tenantId, sessionId]);
  if (!session) throw new GatehouseError('UNAUTHENTICATED', 'The session has ended.');
  const { amr, auth_time: authTime, second_factor: secondFactor } = session;
  requireRecent({ ...principal, amr, authTime, secondFactor }, options);
}
