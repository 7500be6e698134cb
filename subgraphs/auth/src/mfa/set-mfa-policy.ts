import { announceTenantChange, type Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import { deleteMfaPolicy, everybody, putMfaPolicy } from '../queries/mfa-policies.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { MfaPolicyRow } from '../tables/mfa-policy.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { requireRecentSession } from './require-recent-session.ts';

const longestGrace = 90 * 86_400;

const input = z.object({
  role: z.string().trim().min(1).max(100).nullish(),
  requirement: z.enum(['OFF', 'OPTIONAL', 'REQUIRED']).nullish(),
  graceSeconds: z.number().int().min(0).max(longestGrace).nullish(),
});

/**
 * Sets, or takes away, the rule about second factors for everybody of the caller's tenant or for a role. Sign-ins follow it
 * from then on, and so do sessions with one factor: none is gone on with when its account has to have a second. STEP_UP_REQUIRED.
 */
export async function setMfaPolicy(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ policy: MfaPolicyRow | null }> {
  const { role, requirement, graceSeconds } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const key = { tenantId, role: role ?? everybody };
  return inUnitOfWork(services, async (unit) => {
    let policy: MfaPolicyRow | undefined;
    if (requirement)
      policy = await putMfaPolicy(unit.tx, { ...key, requirement, graceSeconds: graceSeconds ?? 0 });
    else await deleteMfaPolicy(unit.tx, tenantId, key.role);
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'MFA_POLICY_CHANGED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(client),
      details: {
        role: role ?? null,
        requirement: requirement ?? null,
        graceSeconds: policy?.graceSeconds ?? null,
        by: actorOf(principal),
      },
    });
    // Announced again by the user subgraph, should this process die before it does.
    await unit.event('tenant.changed', tenantId, tenantId, {});
    unit.afterCommit(() => announceTenantChange(services.pubSub, { tenantId }));
    return { policy: policy ?? null };
  });
}
