import { mailCode } from '../codes/mail-code.ts';
import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

const onceAnHour = 3_600;

/** Somebody registered with an address that is taken: its owner is told, at most once an hour. */
export const registrationAttempted = (services: Services) =>
  react(services, 'auth.registration-attempted', ['user.registration_attempted'], async (unit, event) => {
    const subject = await findSubject(services, event.data.userId);
    if (!subject || !['PENDING', 'ACTIVE'].includes(subject.status)) return;
    const key = `registration-attempted:${subject.userId}`;
    // The mark names the event: a redelivery of the one that set it goes on.
    const free = await services.keyValue.setIfAbsent(key, event.id, { ttlSeconds: onceAnHour });
    if (!free && (await services.keyValue.get(key)) !== event.id) return;
    if (subject.status === 'PENDING') {
      const issuedAt = new Date(event.time);
      return mailCode(services, unit, subject, {
        purpose: 'confirm',
        template: 'CONFIRM_REGISTRATION',
        cause: event.id,
        issuedAt,
      });
    }
    await sendMail(services, subject, {
      idempotencyKey: `attempted:${event.id}`,
      template: 'ADDRESS_ALREADY_REGISTERED',
      parameters: { link: linkTo(subject, 'login'), resetLink: linkTo(subject, 'forgot') },
    });
  });
