import { type EventOf, handleOnce } from '@gatehouse/events';
import { GatehouseError } from '@gatehouse/service-kit';
import { changeEmail } from '../change-email.ts';
import type { UserDeps } from '../deps.ts';
import { processedEvent } from '../tables/index.ts';

const group = 'user.email-change';

/** `auth.email_change_confirmed` changes the address even if auth fell over before it could ask for that. */
export const emailChangeConfirmed = (deps: Pick<UserDeps, 'bus' | 'database'>) =>
  deps.bus.subscribe({
    group,
    types: ['auth.email_change_confirmed'],
    handler: async (event: EventOf<'auth.email_change_confirmed'>) => {
      const input = {
        ...event.data,
        tenantId: event.tenantid,
        confirmedAt: new Date(event.data.confirmedAt),
      };
      try {
        await deps.database.transaction(async (tx) => {
          await handleOnce(tx, processedEvent, { group, eventId: event.id }, () => changeEmail(tx, input));
        });
      } catch (error) {
        // Taken, or the account is gone: whoever confirmed was told so.
        if (!(error instanceof GatehouseError)) throw error;
      }
    },
  });
