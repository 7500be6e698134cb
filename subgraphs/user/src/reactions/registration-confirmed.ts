import { type EventOf, handleOnce } from '@gatehouse/events';
import { completeRegistration } from '../complete-registration.ts';
import type { UserDeps } from '../deps.ts';
import { processedEvent } from '../tables/index.ts';

const group = 'user.registration';

/** `auth.registration_confirmed` completes the registration even if auth fell over before it could ask for that. */
export const registrationConfirmed = (deps: Pick<UserDeps, 'bus' | 'database'>) =>
  deps.bus.subscribe({
    group,
    types: ['auth.registration_confirmed'],
    handler: (event: EventOf<'auth.registration_confirmed'>) =>
      deps.database.transaction(async (tx) => {
        await handleOnce(tx, processedEvent, { group, eventId: event.id }, () =>
          completeRegistration(tx, event.data.userId),
        );
      }),
  });
