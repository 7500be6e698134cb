import { deviceOf } from '../risk/device.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

const templates = {
  'auth.new_device': 'NEW_DEVICE_SIGN_IN',
  'auth.sign_in_refused': 'SIGN_IN_REFUSED',
} as const;

/** A sign-in that may not have been theirs is told to the holder of the account by mail. */
export const signInReported = (services: Services) =>
  react(
    services,
    'auth.sign-in-reported',
    ['auth.new_device', 'auth.sign_in_refused'],
    async (_unit, event) => {
      const { userId, ipAddress, userAgent } = event.data;
      const subject = await findSubject(services, userId);
      if (subject?.status !== 'ACTIVE') return;
      const place = ipAddress === null ? undefined : services.geoip.placeOf(ipAddress);
      await sendMail(services, subject, {
        // Whoever has the password and is refused again and again does not fill the mailbox: one mail an hour.
        idempotencyKey:
          event.type === 'auth.sign_in_refused'
            ? `sign-in-refused:${userId}:${event.time.slice(0, 'yyyy-mm-ddThh'.length)}`
            : `sign-in:${event.id}`,
        template: templates[event.type],
        parameters: {
          occurredAt: event.time,
          device: deviceOf(userAgent),
          ipAddress,
          place: place && ([place.city, place.country].filter(Boolean).join(', ') || undefined),
        },
      });
    },
  );
