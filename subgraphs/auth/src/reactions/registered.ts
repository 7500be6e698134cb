import type { EventOf } from '@gatehouse/events';
import { type PreparedMail, prepareCodeMail } from '../codes/mail-code.ts';
import { setFirstPassword, takePreparedPassword } from '../queries/credentials.ts';
import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { reactWithMail } from './react.ts';

const anHour = 3_600;

/** Registrations, and attempts at an address that is taken; one group, so that those of one account keep their order. */
export const registered = (services: Services) =>
  reactWithMail(
    services,
    'auth.registered',
    ['user.created', 'user.registration_attempted'] as const,
    (unit, event) =>
      event.type === 'user.created' ? created(services, unit, event) : attempted(services, unit, event),
  );

/** A new account gets the password given at registration, and its holder the mail with the confirmation code. */
async function created(
  services: Services,
  unit: UnitOfWork,
  event: EventOf<'user.created'>,
): Promise<PreparedMail | undefined> {
  const { userId, metadata, registrationMethod } = event.data;
  const tenantId = event.tenantid;
  const reference = metadata.credentialRef;
  if (typeof reference === 'string') {
    const passwordHash = await takePreparedPassword(unit.tx, reference);
    if (passwordHash) await setFirstPassword(unit.tx, { userId, tenantId, passwordHash });
  }
  if (metadata.confirmed === 'true' || !['email', 'admin'].includes(registrationMethod)) return;
  const subject = await findSubject(services, userId);
  if (subject?.status !== 'PENDING') return;
  const { requestedUsernameTaken } = metadata;
  return prepareCodeMail(services, unit, subject, {
    purpose: 'confirm',
    template: registrationMethod === 'admin' ? 'INVITATION' : 'CONFIRM_REGISTRATION',
    cause: event.id,
    issuedAt: new Date(event.time),
    parameters: requestedUsernameTaken === undefined ? {} : { requestedUsernameTaken },
  });
}

/**
 * Somebody registered with an address that is taken: its owner is told, at most once an hour. Who has yet to confirm gets
 * another link, in place of the first.
 */
async function attempted(
  services: Services,
  unit: UnitOfWork,
  event: EventOf<'user.registration_attempted'>,
): Promise<PreparedMail | undefined> {
  const subject = await findSubject(services, event.data.userId);
  if (!subject || !['PENDING', 'ACTIVE'].includes(subject.status)) return;
  const pending = subject.status === 'PENDING';
  const key = `registration-attempted:${subject.userId}`;
  // The mark names the event: a redelivery of the one that set it goes on.
  const free = await services.keyValue.setIfAbsent(key, event.id, { ttlSeconds: anHour });
  if (!free && (await services.keyValue.get(key)) !== event.id) return;
  if (pending) {
    const issuedAt = new Date(event.time);
    const mail = { purpose: 'confirm', template: 'CONFIRM_REGISTRATION', cause: event.id, issuedAt } as const;
    return prepareCodeMail(services, unit, subject, mail);
  }
  return () =>
    sendMail(services, subject, {
      idempotencyKey: `attempted:${event.id}`,
      template: 'ADDRESS_ALREADY_REGISTERED',
      parameters: { link: linkTo(subject, '') },
    });
}
