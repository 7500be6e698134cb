import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { deleteAlertRuleRow } from '../queries/alert-rules.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { tellOfRule } from './create-alert-rule.ts';
import { notFound } from './update-alert-rule.ts';

const input = z.object({ ruleId: z.uuid() });

/** Deletes a rule with its alerts that are still on their way. NOT_FOUND. */
export async function deleteAlertRule(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ ruleId: string }> {
  const { ruleId } = readInput(input, request);
  await inUnitOfWork(services, async (unit) => {
    const row = await deleteAlertRuleRow(unit.tx, principal.tenantId, ruleId);
    if (!row) throw notFound();
    tellOfRule(unit, 'deleteAlertRule', { principal, client }, row);
  });
  return { ruleId };
}
