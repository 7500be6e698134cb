import type { Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { findAlertRule, updateAlertRuleRow } from '../queries/alert-rules.ts';
import type { Services } from '../services.ts';
import type { AlertRule } from '../tables/alert-rule.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { ruleFields } from './alert-rule-input.ts';
import { receivers, requireReceiver, tellOfRule } from './create-alert-rule.ts';
import { newWebhookSecret } from './webhook-secret.ts';

const inputShape = (insecure: boolean) => {
  const fields = ruleFields(insecure);
  return z.object({
    ruleId: z.uuid(),
    enabled: z.boolean().nullish(),
    name: fields.name.nullish(),
    types: fields.types.nullish(),
    minSeverity: fields.minSeverity.nullish(),
    threshold: fields.threshold.nullish(),
    windowSeconds: fields.windowSeconds.nullish(),
    mailTo: fields.mailTo.nullish(),
    webhookUrl: fields.webhookUrl.nullish(),
  });
};

/**
 * Changes a rule; what is left out stays, and null takes the webhook away. Another URL gets another key: who had the one
 * before can't speak for us. NOT_FOUND, BAD_USER_INPUT as for `createAlertRule`.
 */
export async function updateAlertRule(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ rule: AlertRule; webhookSecret: string | null }> {
  const { ruleId, webhookUrl, ...given } = readInput(inputShape(services.config.outgoingPrivate), request);
  const { tenantId } = principal;
  if (given.mailTo) await receivers(services, tenantId, given.mailTo);
  const before = await findAlertRule(services.database.db, tenantId, ruleId);
  if (!before) throw notFound();
  const url = webhookUrl === undefined ? before.webhookUrl : webhookUrl;
  requireReceiver(given.mailTo ?? before.mailTo, url);
  const other = url !== before.webhookUrl;
  const webhook = url && other ? await newWebhookSecret(services.config) : undefined;
  const changed = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
  const rule = await inUnitOfWork(services, async (unit) => {
    const row = await updateAlertRuleRow(unit.tx, tenantId, ruleId, {
      ...changed,
      ...(other && { webhookUrl: url, webhookSecret: webhook?.stored ?? null }),
    });
    if (!row) throw notFound();
    tellOfRule(unit, 'updateAlertRule', { principal, client }, row);
    return row;
  });
  return { rule, webhookSecret: webhook?.secret ?? null };
}

export const notFound = (): GatehouseError => new GatehouseError('NOT_FOUND', 'There is no such alert rule.');
