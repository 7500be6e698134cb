import { setTimeout as delay } from 'node:timers/promises';
import type { Database, PubSub } from '@gatehouse/data';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { notificationChannel } from './notify-user.ts';
import {
  lastPosition,
  notificationsAfter,
  notificationsById,
  type Recipient,
} from './queries/notifications.ts';
import type { Notification } from './tables/notification.ts';

/** How often a stream looks by itself, in case a hint was lost. */
const lookEveryMs = 15_000;
const batch = 100;

const shape = z.object({ after: z.uuid().nullish() });

type Deps = { database: Database; pubSub: PubSub };

/**
 * The user's notifications as they arrive; with `after` first all that are later than that one. Rows are the truth and
 * are read by position, hints only say when: nothing is missed and nothing comes twice. Ends with `return()`.
 */
export async function receiveNotifications(
  deps: Deps,
  recipient: Recipient,
  args: { after?: string | null },
): Promise<AsyncIterableIterator<Notification>> {
  const { after } = readInput(shape, args);
  const ended = new AbortController();
  let wake = () => {};
  let hinted = false;
  // Before the first position is read, so that nothing falls between.
  const unsubscribe = await deps.pubSub.subscribe(notificationChannel(recipient), () => {
    hinted = true;
    wake();
  });

  // Hints may have been missed while the connection was lost.
  const stopListening = deps.pubSub.onConnectionChange((connected) => {
    if (!connected) return;
    hinted = true;
    wake();
  });
  const close = async () => {
    stopListening();
    await unsubscribe();
  };

  const idle = async () => {
    if (hinted || ended.signal.aborted) return;
    const woken = new AbortController();
    wake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, ended.signal]);
    await delay(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
  };

  async function* read(from: number): AsyncGenerator<Notification> {
    let position = from;
    while (!ended.signal.aborted) {
      hinted = false;
      const rows = await notificationsAfter(deps.database.db, recipient, position, batch);
      for (const row of rows) {
        yield row;
        position = row.position;
      }
      if (rows.length < batch) await idle();
    }
  }

  try {
    const rows = read(await startOf(deps.database, recipient, after));
    const iterator: AsyncIterableIterator<Notification> = {
      next: () => rows.next(),
      // Not left to the generator: its `return` would wait for a `next` in progress.
      async return() {
        ended.abort();
        await close();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  } catch (error) {
    await close();
    throw error;
  }
}

async function startOf(database: Database, recipient: Recipient, after: string | null | undefined) {
  if (after == null) return await lastPosition(database.db, recipient);
  const [row] = await notificationsById(database.db, recipient, [after]);
  if (!row) throw badInput({ path: 'after', message: 'is not the id of one of your notifications' });
  return row.position;
}
