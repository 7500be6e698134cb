import type { Database } from '@gatehouse/data';
import type { Metrics } from '@gatehouse/service-kit';
import { mailTemplates } from './mail/templates.ts';
import { countedUpTo, waitingDeliveries } from './queries/deliveries.ts';
import { smsTemplates } from './sms/templates.ts';
import type { Channel } from './tables/delivery.ts';

const attemptsDefinition = {
  name: 'gatehouse_notification_attempts_total',
  help: 'Attempts to hand a mail or SMS of a kind to its carrier: sent, failed (tried again), dead (given up), or suppressed (not made: the address is not written to).',
  labels: ['channel', 'template', 'outcome'],
} as const;

const templates = { email: mailTemplates, sms: smsTemplates };
const outcomes = ['sent', 'failed', 'dead', 'suppressed'] as const;

/** Counts one attempt, once its outcome is recorded. */
export function countAttempt(
  metrics: Metrics,
  attempt: { channel: Channel; template: string; outcome: (typeof outcomes)[number] },
): void {
  metrics.counter(attemptsDefinition)(attempt).add();
}

/** Has told what waits to be sent, and attempts from the first one on. */
export function measureWaiting(metrics: Metrics, { db }: Database, channel: Channel): () => void {
  for (const template of Object.keys(templates[channel]))
    for (const outcome of outcomes) metrics.counter(attemptsDefinition)({ channel, template, outcome });
  const gauge = { type: 'gauge', over: 'max', labels: ['channel'] } as const;
  return metrics.observe(
    {
      waiting: {
        ...gauge,
        name: 'gatehouse_notification_messages_waiting',
        help: `Mails or SMS that are yet to be sent, counted up to ${countedUpTo}.`,
      },
      age: {
        ...gauge,
        name: 'gatehouse_notification_oldest_seconds',
        help: 'How long the oldest mail or SMS that is yet to be sent has waited; 0 when none waits.',
      },
    },
    async () => {
      const { waiting, age } = await waitingDeliveries(db, channel);
      return {
        waiting: [{ value: waiting, labels: { channel } }],
        age: [{ value: age, labels: { channel } }],
      };
    },
  );
}
