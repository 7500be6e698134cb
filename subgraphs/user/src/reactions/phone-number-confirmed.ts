import type { Tx } from '@gatehouse/data';
import { type EventOf, handleOnce, writeEvent } from '@gatehouse/events';
import type { UserDeps } from '../deps.ts';
import { updateUser } from '../queries/users.ts';
import { outbox, processedEvent } from '../tables/index.ts';

const group = 'user.phone-number';

/** A number that a code has confirmed stands in the profile; one that its holder deleted meanwhile does not. */
export const phoneNumberConfirmed = (deps: Pick<UserDeps, 'bus' | 'database'>) =>
  deps.bus.subscribe({
    group,
    types: ['auth.phone_number_confirmed'],
    handler: (event: EventOf<'auth.phone_number_confirmed'>) =>
      deps.database.transaction(async (tx) => {
        await handleOnce(tx, processedEvent, { group, eventId: event.id }, () => keep(tx, event));
      }),
  });

async function keep(
  tx: Tx,
  { tenantid: tenantId, data: { userId, phoneNumber } }: EventOf<'auth.phone_number_confirmed'>,
): Promise<void> {
  const living = ['PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED'] as const;
  if (!(await updateUser(tx, tenantId, userId, { phoneNumber }, living))) return;
  await writeEvent(tx, outbox, {
    type: 'user.updated',
    tenantId,
    subject: userId,
    // Personal: only that it changed.
    data: { userId, changes: { phoneNumber: true }, previousValues: {}, updatedBy: userId },
  });
}
