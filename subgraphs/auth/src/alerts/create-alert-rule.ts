import { auditRecordOf, type Principal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { auditEntryFrom } from '../audit/audit-entry.ts';
import { countAlertRules, insertAlertRule } from '../queries/alert-rules.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject } from '../subject.ts';
import type { AlertRule } from '../tables/alert-rule.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { ruleFields } from './alert-rule-input.ts';
import { newWebhookSecret } from './webhook-secret.ts';

/** Every event is held against each of them. */
const maxRules = 50;

const inputShape = (insecure: boolean) => {
  const { types, minSeverity, threshold, windowSeconds, mailTo, webhookUrl, name } = ruleFields(insecure);
  return z.object({
    name,
    types: types.nullish(),
    minSeverity: minSeverity.nullish(),
    threshold: threshold.nullish(),
    windowSeconds: windowSeconds.nullish(),
    mailTo: mailTo.nullish(),
    webhookUrl: webhookUrl.nullish(),
  });
};

/**
 * Makes a rule; the key of its webhook is in this answer and nowhere else. BAD_USER_INPUT for a field that breaks a rule,
 * receivers who are no active users of the tenant, and a rule without any; CONFLICT past 50 rules.
 */
export async function createAlertRule(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ rule: AlertRule; webhookSecret: string | null }> {
  const given = readInput(inputShape(services.config.outgoingPrivate), request);
  const { tenantId } = principal;
  const mailTo = await receivers(services, tenantId, given.mailTo ?? []);
  requireReceiver(mailTo, given.webhookUrl);
  const webhook = given.webhookUrl ? await newWebhookSecret(services.config) : undefined;
  const rule = await inUnitOfWork(services, async (unit) => {
    if ((await countAlertRules(unit.tx, tenantId)) >= maxRules) {
      throw new GatehouseError('CONFLICT', `A tenant has at most ${maxRules} alert rules.`);
    }
    const row = await insertAlertRule(unit.tx, {
      tenantId,
      name: given.name,
      types: given.types ?? [],
      minSeverity: given.minSeverity ?? 'LOW',
      threshold: given.threshold ?? 1,
      windowSeconds: given.windowSeconds ?? 300,
      mailTo,
      webhookUrl: given.webhookUrl,
      webhookSecret: webhook?.stored,
    });
    tellOfRule(unit, 'createAlertRule', { principal, client }, row);
    return row;
  });
  return { rule, webhookSecret: webhook?.secret ?? null };
}

/** The users named, each of them active in the tenant. */
export async function receivers(services: Services, tenantId: string, ids: string[]): Promise<string[]> {
  const subjects = await Promise.all(ids.map((id) => findSubject(services, id)));
  if (!subjects.every((subject) => activeIn(tenantId, subject))) {
    throw badInput({ path: 'mailTo', message: 'must be active users of the tenant' });
  }
  return ids;
}

export function requireReceiver(mailTo: readonly string[], webhookUrl: string | null | undefined): void {
  if (mailTo.length > 0 || webhookUrl) return;
  throw badInput({ path: 'mailTo', message: 'or webhookUrl is needed: somebody has to be told' });
}

/** Without the path of the webhook, which may be a secret of its receiver. */
export const tellOfRule = (
  unit: UnitOfWork,
  action: string,
  by: { principal: Principal; client: ClientInfo },
  { id, name, enabled, types, minSeverity, threshold, windowSeconds, mailTo, webhookUrl }: AlertRule,
): void =>
  unit.audit(
    auditEntryFrom(
      auditRecordOf(by, {
        action,
        on: { type: 'alert-rule', id },
        details: {
          name,
          enabled,
          types,
          minSeverity,
          threshold,
          windowSeconds,
          mailTo,
          webhook: webhookUrl ? new URL(webhookUrl).host : null,
        },
      }),
    ),
  );
