import { type EventOf, type EventType, handleOnce, type Subscription } from '@gatehouse/events';
import type { PreparedMail } from '../codes/mail-code.ts';
import { wasProcessed } from '../queries/processed-events.ts';
import type { Services } from '../services.ts';
import { processedEvent } from '../tables/outbox.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';

/** Subscribes a group whose handler runs once per event, in the transaction that remembers it. */
export const react = <T extends EventType>(
  services: Services,
  group: string,
  types: readonly T[],
  handler: (unit: UnitOfWork, event: EventOf<T>) => Promise<void>,
): Promise<Subscription> =>
  services.bus.subscribe<T>({
    group,
    types,
    handler: (event) =>
      inUnitOfWork(services, async (unit) => {
        await handleOnce(unit.tx, processedEvent, { group, eventId: event.id }, () => handler(unit, event));
      }),
  });

/**
 * Subscribes a group whose handler prepares a mail. What the mail tells of is committed before it leaves, and the event
 * counts as handled after: until then the handler may run again, and must come to the same.
 */
export const reactWithMail = <T extends EventType>(
  services: Services,
  group: string,
  types: readonly T[],
  handler: (unit: UnitOfWork, event: EventOf<T>) => Promise<PreparedMail | undefined>,
): Promise<Subscription> =>
  services.bus.subscribe<T>({
    group,
    types,
    handler: async (event) => {
      const key = { group, eventId: event.id };
      if (await wasProcessed(services.database.db, key)) return;
      const send = await inUnitOfWork(services, (unit) => handler(unit, event));
      await send?.();
      await handleOnce(services.database.db, processedEvent, key, async () => {});
    },
  });
