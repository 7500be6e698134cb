import type { EventOf } from '@gatehouse/events';
import { FindLoginDocument } from '../../generated/calls.ts';
import { emailChangeCode } from '../email-change/email-change-code.ts';
import { findEmailChange } from '../queries/email-changes.ts';
import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject, type Subject } from '../subject.ts';
import type { EmailChange } from '../tables/email-change.ts';
import { react } from './react.ts';

const anHour = 3_600;

/**
 * Another address was asked for: the one that the account has is told, whatever becomes of it. The new one gets the link; when it
 * is another account's already, its owner is told of that instead, at most once an hour.
 */
export const emailChangeRequested = (services: Services) =>
  react(
    services,
    'auth.email-change-requested',
    ['auth.email_change_requested'] as const,
    async (_unit, event) => {
      const subject = await findSubject(services, event.data.userId);
      if (subject?.status !== 'ACTIVE') return;
      const { ipAddress } = event.data;
      await sendMail(services, subject, {
        idempotencyKey: `email-change-notice:${event.id}`,
        template: 'EMAIL_CHANGE_REQUESTED',
        parameters: { occurredAt: event.time, ipAddress },
      });
      const change = await findEmailChange(services.database.db, event.data);
      if (change) await mailTo(services, subject, change, event);
    },
  );

async function mailTo(
  services: Services,
  subject: Subject,
  { tenantId, email, requestId, expiresAt }: EmailChange,
  event: EventOf<'auth.email_change_requested'>,
): Promise<void> {
  const { findLogin: holder } = await services.call('user', FindLoginDocument, {
    tenantId,
    identifier: email,
  });
  if (holder && holder.userId !== subject.userId) return tellHolder(services, holder, event.id);
  const code = emailChangeCode(services.config, requestId);
  await sendMail(services, subject, {
    idempotencyKey: `email-change:${event.id}`,
    to: email,
    template: 'CONFIRM_EMAIL_CHANGE',
    parameters: {
      // Nothing that was typed in goes to an address that may be anybody's.
      firstName: null,
      link: linkTo(subject, 'confirm-email', code),
      expiresAt: expiresAt.toISOString(),
    },
  });
}

async function tellHolder(services: Services, holder: Subject, eventId: string): Promise<void> {
  if (holder.status !== 'ACTIVE') return;
  // The mark names the event: a redelivery of the one that set it goes on.
  const key = `email-change-taken:${holder.userId}`;
  const free = await services.keyValue.setIfAbsent(key, eventId, { ttlSeconds: anHour });
  if (!free && (await services.keyValue.get(key)) !== eventId) return;
  await sendMail(services, holder, {
    idempotencyKey: `email-change-taken:${eventId}`,
    template: 'ADDRESS_ALREADY_REGISTERED',
    parameters: { link: linkTo(holder, '') },
  });
}
