import { newId, type Tx } from '@gatehouse/data';
import { insertAlertDeliveries } from '../queries/alert-deliveries.ts';
import {
  enabledAlertRules,
  fire,
  lockAlertCursor,
  moveAlertCursor,
  tenantsToAlert,
} from '../queries/alert-rules.ts';
import { countSecurityEvents, securityEventsAfter } from '../queries/security-events.ts';
import { severitiesFrom } from '../security-events/visible.ts';
import type { Services } from '../services.ts';
import type { AlertBody } from '../tables/alert-delivery.ts';
import type { AlertRule } from '../tables/alert-rule.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';

const batch = 200;

/**
 * Holds new security events against the rules of their tenants, in the order of their positions. What an event sets off is
 * committed with the cursor that has passed it: each event counts once, whatever crashes and however many processes look.
 */
export async function raiseAlerts({ database }: Pick<Services, 'database'>): Promise<void> {
  for (const tenantId of await tenantsToAlert(database.db)) {
    while ((await database.transaction((tx) => passOver(tx, tenantId))) === batch);
  }
}

async function passOver(tx: Tx, tenantId: string): Promise<number> {
  const position = await lockAlertCursor(tx, tenantId);
  if (position === undefined) return 0;
  const rules = await enabledAlertRules(tx, tenantId);
  const events = await securityEventsAfter(tx, { tenantId }, position, batch);
  for (const event of events) {
    for (const rule of rules) if (concerns(rule, event)) await count(tx, rule, event);
  }
  const last = events.at(-1);
  if (last) await moveAlertCursor(tx, tenantId, last.position);
  return events.length;
}

const concerns = (rule: AlertRule, event: SecurityEventRow): boolean =>
  (rule.types.length === 0 || rule.types.includes(event.type)) &&
  severitiesFrom(rule.minSeverity).includes(event.severity) &&
  event.occurredAt >= rule.createdAt;

async function count(tx: Tx, rule: AlertRule, event: SecurityEventRow): Promise<void> {
  const { tenantId, id: ruleId, windowSeconds } = rule;
  const begin = new Date(
    Math.max(event.occurredAt.getTime() - windowSeconds * 1_000, rule.createdAt.getTime()),
  );
  if (rule.lastFiredAt && rule.lastFiredAt > begin) return;
  const counted = {
    tenantId,
    types: rule.types.length > 0 ? rule.types : undefined,
    severities: severitiesFrom(rule.minSeverity),
    since: begin,
    until: event.occurredAt,
  };
  const within = await countSecurityEvents(tx, counted, event.position, rule.threshold);
  if (within < rule.threshold || !(await fire(tx, rule, event.occurredAt))) return;
  rule.lastFiredAt = event.occurredAt;
  const body = bodyOf(rule, event, within);
  const receivers = [...rule.mailTo, ...(rule.webhookUrl ? [null] : [])];
  await insertAlertDeliveries(
    tx,
    receivers.map((userId) => ({ tenantId, ruleId, userId, body })),
  );
}

const bodyOf = (rule: AlertRule, event: SecurityEventRow, count: number): AlertBody => ({
  id: newId(),
  type: 'security.alert',
  tenantId: rule.tenantId,
  rule: { id: rule.id, name: rule.name },
  count,
  windowSeconds: rule.windowSeconds,
  event: {
    id: event.id,
    type: event.type,
    severity: event.severity,
    occurredAt: event.occurredAt.toISOString(),
    userId: event.userId,
    ipAddress: event.ipAddress,
  },
});
