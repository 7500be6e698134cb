import { type EventOf, handleOnce } from '@gatehouse/events';
import { LoginSubjectDocument } from '../../generated/calls.ts';
import { acceptMessage, type PreparedMessage } from '../accept-message.ts';
import type { NotificationDeps } from '../deps.ts';
import { carriesSms, prepareSms } from '../send-sms.ts';
import { processedEvent } from '../tables/processed-event.ts';

export const textedTypes = ['appointment.confirmed', 'payment.received'] as const;
export const textGroup = 'notification.sms';

type TextedEvent = EventOf<(typeof textedTypes)[number]>;
type Deps = Pick<NotificationDeps, 'database' | 'call' | 'config'>;

/** Tells a person of an event by SMS, once however often it comes; who has no confirmed number is told nothing. */
export async function textUser(deps: Deps, event: TextedEvent): Promise<void> {
  if (!carriesSms(deps.config)) return;
  const sms = await smsAbout(deps, event);
  if (!sms) return;
  await deps.database.transaction((tx) =>
    handleOnce(tx, processedEvent, { group: textGroup, eventId: event.id }, () => acceptMessage(tx, sms)),
  );
}

async function smsAbout({ call }: Deps, event: TextedEvent): Promise<PreparedMessage | null> {
  const { userId } = event.data;
  const { loginSubject: subject } = await call('user', LoginSubjectDocument, { userId });
  if (subject?.status !== 'ACTIVE' || subject.tenantId !== event.tenantid || !subject.phoneNumber)
    return null;
  const { tenantId, tenantName, phoneNumber: to, locale, timeZone } = subject;
  return prepareSms({
    idempotencyKey: `${event.id}:sms`,
    tenantId,
    tenantName,
    userId,
    to,
    locale,
    ...aboutOf(event, timeZone),
  });
}

function aboutOf(event: TextedEvent, timeZone: string) {
  switch (event.type) {
    case 'appointment.confirmed': {
      const { startsAt, place } = event.data;
      return { template: 'APPOINTMENT_CONFIRMED', parameters: { startsAt, place, timeZone } } as const;
    }
    case 'payment.received': {
      const { amount, currency } = event.data;
      return { template: 'PAYMENT_RECEIVED', parameters: { amount, currency } } as const;
    }
  }
}
