import { type EventOf, type EventType, handleOnce, type Subscription } from '@gatehouse/events';
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
