import type { EventOf } from '@gatehouse/events';
import { LoginSubjectDocument } from '../../generated/calls.ts';
import type { PreparedMessage } from '../accept-message.ts';
import type { NotificationDeps } from '../deps.ts';
import { prepareMail } from '../send-mail.ts';
import type { TenantBrands } from '../tenant-brands.ts';

/** The mail about a changed password, to the address the account has now; null when the account is gone. */
export async function passwordChangedMail(
  deps: Pick<NotificationDeps, 'call'> & { brands: TenantBrands },
  event: EventOf<'user.password_changed'>,
): Promise<PreparedMessage | null> {
  const { userId } = event.data;
  const { loginSubject: subject } = await deps.call('user', LoginSubjectDocument, { userId });
  if (!subject || subject.tenantId !== event.tenantid) return null;
  return await prepareMail(deps, {
    idempotencyKey: `${event.id}:mail`,
    tenantId: subject.tenantId,
    tenantName: subject.tenantName,
    userId,
    to: subject.email,
    locale: subject.locale,
    template: 'PASSWORD_CHANGED',
    parameters: { firstName: subject.firstName, occurredAt: event.time },
  });
}
