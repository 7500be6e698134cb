import { FindLoginDocument, SendMailDocument } from '../../generated/calls.ts';
import { signUpCode } from '../federation/external-sign-up.ts';
import { findSignUpRequest } from '../queries/external-sign-ups.ts';
import { linkTo, sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { findTenant } from '../tenants.ts';
import { react } from './react.ts';

const anHour = 3_600;

/** Somebody named an address to sign up with: it gets a code; when it is an account's already, its owner is told of that instead. */
export const signUpCodeRequested = (services: Services) =>
  react(
    services,
    'auth.sign-up-code-requested',
    ['auth.sign_up_code_requested'] as const,
    async (_unit, event) => {
      const signUp = await findSignUpRequest(services.database.db, event.data.requestId);
      if (!signUp?.email) return;
      const { tenantId, email, expiresAt } = signUp;
      const { findLogin: holder } = await services.call('user', FindLoginDocument, {
        tenantId,
        identifier: email,
      });
      if (holder) return tellHolder(services, holder, event.id);
      const tenant = await findTenant(services, tenantId);
      if (!tenant) return;
      await services.call('notification', SendMailDocument, {
        input: {
          idempotencyKey: `sign-up:${event.id}`,
          tenantId,
          tenantName: tenant.name,
          to: email,
          locale: 'en',
          template: 'SIGN_UP_CODE',
          parameters: {
            code: signUpCode(services.config, event.data.requestId),
            expiresAt: expiresAt.toISOString(),
          },
        },
      });
    },
  );

/** At most once an hour. */
async function tellHolder(services: Services, holder: Subject, eventId: string): Promise<void> {
  if (holder.status !== 'ACTIVE') return;
  // The mark names the event: a redelivery of the one that set it goes on.
  const key = `sign-up-taken:${holder.userId}`;
  const free = await services.keyValue.setIfAbsent(key, eventId, { ttlSeconds: anHour });
  if (!free && (await services.keyValue.get(key)) !== eventId) return;
  await sendMail(services, holder, {
    idempotencyKey: `sign-up-taken:${eventId}`,
    template: 'ADDRESS_ALREADY_REGISTERED',
    parameters: { link: linkTo(holder, '') },
  });
}
