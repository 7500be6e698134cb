import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/** Who made an API key is told by mail: it may have been somebody else. */
export const apiKeyCreated = (services: Services) =>
  react(services, 'auth.api-key-created', ['auth.api_key_created'], async (_unit, event) => {
    const { userId, name, start, expiresAt, ipAddress } = event.data;
    const subject = await findSubject(services, userId);
    if (subject?.status !== 'ACTIVE') return;
    await sendMail(services, subject, {
      idempotencyKey: `api-key:${event.id}`,
      template: 'API_KEY_CREATED',
      parameters: { name, start, expiresAt, ipAddress, occurredAt: event.time },
    });
  });
