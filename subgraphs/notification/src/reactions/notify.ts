import { handleOnce } from '@gatehouse/events';
import { acceptMessage } from '../accept-message.ts';
import type { NotificationDeps } from '../deps.ts';
import { addNotification, hintNotification } from '../notify-user.ts';

import { processedEvent } from '../tables/processed-event.ts';
import type { TenantBrands } from '../tenant-brands.ts';
import { messageOf, type NotifiedEvent } from './messages.ts';
import { passwordChangedMail } from './password-changed-mail.ts';

export const notificationGroup = 'notification';

/** Tells the user of an event, in the application and, where security asks for it, by mail: once, however often it comes. */
export async function notify(
  deps: Pick<NotificationDeps, 'database' | 'pubSub' | 'call' | 'logger'> & { brands: TenantBrands },
  event: NotifiedEvent,
): Promise<void> {
  const recipient = { tenantId: event.tenantid, userId: event.data.userId };
  const message = messageOf(event);
  const mail = event.type === 'user.password_changed' ? await passwordChangedMail(deps, event) : null;

  await deps.database.transaction((tx) =>
    handleOnce(tx, processedEvent, { group: notificationGroup, eventId: event.id }, async () => {
      if (mail) await acceptMessage(tx, mail);
      if (message) await addNotification(tx, recipient, message);
    }),
  );
  if (message)
    await hintNotification(deps.pubSub, recipient).catch((err: unknown) =>
      deps.logger.warn({ err }, 'hint lost'),
    );
}
