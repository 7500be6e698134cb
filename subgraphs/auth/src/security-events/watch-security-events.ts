import type { Principal } from '@gatehouse/identity';
import { badInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import {
  findSecurityEvents,
  lastPosition,
  type SecurityEventSelection,
  securityEventsAfter,
} from '../queries/security-events.ts';
import type { Services } from '../services.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';
import { type SecurityEventHint, securityEventChannel } from './security-event.ts';
import { visibleSecurityEvents } from './visible.ts';

const batch = 100;
/** A look at the table without a hint, should one have been lost. */
const pollMs = 15_000;

/**
 * The caller's security events as they are committed, after the event `after`. Positions are gapless, so reading on from
 * the last one misses nothing; pub/sub only says when to read. BAD_USER_INPUT for an `after` that the caller can't see.
 */
export async function watchSecurityEvents(
  services: Services,
  principal: Principal,
  args: { after?: string | null; filter?: unknown },
): Promise<AsyncIterableIterator<SecurityEventRow>> {
  const selection = visibleSecurityEvents(principal, args.filter);
  const bell = createBell();
  const unsubscribe = await services.pubSub.subscribe<SecurityEventHint>(securityEventChannel, (hint) => {
    if (concerns(selection, hint)) bell.ring();
  });
  const stopListening = services.pubSub.onConnectionChange((connected) => {
    if (connected) bell.ring();
  });
  const timer = setInterval(bell.ring, pollMs).unref();
  const close = async () => {
    clearInterval(timer);
    stopListening();
    bell.stop();
    await unsubscribe();
  };
  try {
    // Subscribed first: what commits from here on rings.
    const start = await startOf(services, selection, args.after);
    return iterate(services, selection, start, bell, close);
  } catch (error) {
    await close();
    throw error;
  }
}

const concerns = (selection: SecurityEventSelection, hint: SecurityEventHint): boolean =>
  hint.tenantId === selection.tenantId &&
  (!selection.visibleTo || hint.userId === selection.visibleTo) &&
  (!selection.userId || hint.userId === selection.userId);

/** The position to read on from: of the event `after`, else of the newest. */
async function startOf(
  services: Services,
  selection: SecurityEventSelection,
  after: string | null | undefined,
): Promise<number> {
  const { db } = services.database;
  if (after == null) return lastPosition(db, selection.tenantId);
  const known = z.uuid().safeParse(after);
  const [event] = known.success ? await findSecurityEvents(db, selection.tenantId, [known.data]) : [];
  if (!event || (selection.visibleTo && selection.visibleTo !== event.userId)) {
    throw badInput({ path: 'after', message: 'is no event that you can see' });
  }
  return event.position;
}

function iterate(
  services: Services,
  selection: SecurityEventSelection,
  start: number,
  bell: Bell,
  close: () => Promise<void>,
): AsyncIterableIterator<SecurityEventRow> {
  async function* read() {
    let position = start;
    try {
      while (!bell.stopped) {
        const rows = await securityEventsAfter(services.database.db, selection, position, batch);
        for (const row of rows) {
          position = row.position;
          yield row;
        }
        if (rows.length < batch) await bell.next();
      }
    } finally {
      await close();
    }
  }
  const rows = read();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => rows.next(),
    // A generator that waits can't be returned: the bell is stopped first.
    async return() {
      await close();
      return rows.return(undefined);
    },
    async throw(error: unknown) {
      await close();
      return rows.throw(error);
    },
  };
}

type Bell = ReturnType<typeof createBell>;

/** Wakes one waiter; a ring while nobody waits is kept. */
function createBell() {
  let rung = false;
  let stopped = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  return {
    ring,
    get stopped() {
      return stopped;
    },
    stop() {
      stopped = true;
      ring();
    },
    async next(): Promise<void> {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      rung = false;
    },
  };
}
