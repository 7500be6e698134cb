import type { Principal } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { findRiskPolicy, lockRiskPolicy, putRiskPolicy } from '../queries/risk.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { riskReasons } from './risk.ts';
import { defaultRiskPolicy, type RiskPolicy } from './risk-policy.ts';

const score = z.number().int().min(1).max(100);

const input = z.object({
  askFrom: score.nullish(),
  refuseFrom: score.nullish(),
  weights: z
    .array(z.object({ reason: z.enum(riskReasons), weight: z.number().int().min(0).max(100) }))
    .max(riskReasons.length)
    .nullish(),
});

/**
 * Changes what the caller's tenant makes of the risk of a sign-in: what is left out stays, null for a score switches it off.
 * BAD_USER_INPUT when less is refused than is asked of; STEP_UP_REQUIRED.
 */
export async function setRiskPolicy(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ policy: RiskPolicy }> {
  const { askFrom, refuseFrom, weights } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const policy = await inUnitOfWork(services, async (unit) => {
    await lockRiskPolicy(unit.tx, tenantId);
    const before = (await findRiskPolicy(unit.tx, tenantId)) ?? defaultRiskPolicy;
    const changed: RiskPolicy = {
      askFrom: askFrom === undefined ? before.askFrom : askFrom,
      refuseFrom: refuseFrom === undefined ? before.refuseFrom : refuseFrom,
      weights: {
        ...before.weights,
        ...Object.fromEntries((weights ?? []).map(({ reason, weight }) => [reason, weight])),
      },
    };
    if (changed.askFrom !== null && changed.refuseFrom !== null && changed.refuseFrom < changed.askFrom) {
      throw badInput({ path: 'refuseFrom', message: 'must not be below askFrom' });
    }
    await putRiskPolicy(unit.tx, { tenantId, ...changed });
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'RISK_POLICY_CHANGED',
      userId: principal.kind === 'user' ? principal.userId : null,
      origin: originOf(client),
      details: { ...changed },
    });
    return changed;
  });
  return { policy };
}
