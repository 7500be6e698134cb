import type { Tx } from '@gatehouse/data';
import { type EventOf, type EventType, handleOnce, type Subscription } from '@gatehouse/events';
import type { UserDeps } from '../deps.ts';
import { lockUser } from '../queries/users.ts';
import { processedEvent, type UserRow } from '../tables/index.ts';

type Told = Extract<
  EventType,
  'account.connected' | 'campaign.created' | 'subscription.updated' | 'compliance.violation'
>;

/**
 * Subscribes to what another system tells of a person: once for each event, with the account locked. Nothing comes of it
 * where the tenant has no such account, or only a deleted one.
 */
export const hearOf = <T extends Told>(
  deps: Pick<UserDeps, 'bus' | 'database'>,
  given: {
    group: string;
    type: T;
    react(tx: Tx, user: UserRow, event: EventOf<T>): Promise<void>;
    /** Once what came of it is committed; may run again. */
    afterwards?(event: EventOf<T>): Promise<void>;
  },
): Promise<Subscription> => {
  const { group, type, react, afterwards } = given;
  return deps.bus.subscribe<T>({
    group,
    types: [type],
    handler: async (event) => {
      await deps.database.transaction((tx) =>
        handleOnce(tx, processedEvent, { group, eventId: event.id }, async () => {
          const user = await lockUser(tx, event.tenantid, event.data.userId);
          if (user && user.status !== 'DELETED') await react(tx, user, event);
        }),
      );
      await afterwards?.(event);
    },
  });
};
