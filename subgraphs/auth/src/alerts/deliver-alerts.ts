import { OutgoingError } from '@gatehouse/service-kit/outgoing';
import { claimAlertDelivery, settleAlertDelivery } from '../queries/alert-deliveries.ts';
import { findAlertRule } from '../queries/alert-rules.ts';
import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject } from '../subject.ts';
import type { AlertDelivery } from '../tables/alert-delivery.ts';
import { readWebhookSecret, signatureHeaders } from './webhook-secret.ts';

/** With pauses that double from five seconds to an hour: about five hours in all. */
const maxAttempts = 14;

/** Works off the alerts that are due. One that can't be delivered holds up no other. */
export async function deliverAlerts(services: Services): Promise<void> {
  for (;;) {
    const delivery = await claimAlertDelivery(services.database.db);
    if (!delivery) return;
    const lastError = await deliver(services, delivery);
    const given = lastError !== null && delivery.attempts >= maxAttempts;
    const status = lastError === null ? 'DELIVERED' : given ? 'GIVEN_UP' : undefined;
    await settleAlertDelivery(services.database.db, delivery.id, { ...(status && { status }), lastError });
    if (given) services.logger.warn({ delivery: delivery.id, lastError }, 'an alert was given up');
  }
}

/** Null when it has arrived, or nobody is left to get it; else why not. */
async function deliver(services: Services, delivery: AlertDelivery): Promise<string | null> {
  try {
    await (delivery.userId ? mail(services, delivery.userId, delivery) : callWebhook(services, delivery));
    return null;
  } catch (error) {
    if (error instanceof OutgoingError) return error.message;
    services.logger.warn({ err: error, delivery: delivery.id }, 'an alert could not be handed over');
    return 'could not be handed over';
  }
}

async function mail(
  services: Services,
  userId: string,
  { id, tenantId, body }: AlertDelivery,
): Promise<void> {
  const subject = activeIn(tenantId, await findSubject(services, userId));
  if (!subject) return;
  const { rule, count, windowSeconds, event } = body;
  await sendMail(services, subject, {
    idempotencyKey: `alert:${id}`,
    template: 'SECURITY_ALERT',
    parameters: {
      rule: rule.name,
      count,
      windowSeconds,
      eventType: event.type,
      severity: event.severity,
      occurredAt: event.occurredAt,
      link: linkTo(subject, ''),
    },
  });
}

async function callWebhook(services: Services, { id, tenantId, ruleId, body }: AlertDelivery): Promise<void> {
  const rule = await findAlertRule(services.database.db, tenantId, ruleId);
  if (!rule?.webhookUrl || !rule.webhookSecret) return;
  const text = JSON.stringify(body);
  const secret = await readWebhookSecret(services.config, rule.webhookSecret);
  await services.outgoing.post(rule.webhookUrl, text, {
    'content-type': 'application/json',
    'user-agent': 'Gatehouse',
    ...signatureHeaders(secret, id, text),
  });
}
