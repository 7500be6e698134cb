import type { Executor } from '@gatehouse/data';
import { and, eq, inArray, isNull, ne, or } from 'drizzle-orm';
import { type Delivery, delivery } from '../tables/delivery.ts';

const waiting = ['queued', 'failed'] as const;
/** Nothing is known yet of how it ended: also of one that was handed over by a process that recorded nothing. */
const open = [...waiting, 'sent'] as const;

/** Whoever reads it next waits for this transaction. */
export async function lockDelivery(tx: Executor, id: string): Promise<Delivery | undefined> {
  const [row] = await tx.select().from(delivery).where(eq(delivery.id, id)).for('update');
  return row;
}

type Ended = { reasonCode: string; lastError?: string | null };

const end = async (
  tx: Executor,
  id: string,
  { from, ...ended }: Ended & { status: Delivery['status']; from: readonly Delivery['status'][] },
): Promise<boolean> => {
  const rows = await tx
    .update(delivery)
    .set({ lastError: null, ...ended, html: null, text: null })
    .where(and(eq(delivery.id, id), inArray(delivery.status, [...from])))
    .returning({ id: delivery.id });
  return rows.length === 1;
};

/** It did not arrive, and will not. False when its end was known; then nothing changes. */
export const recordBounced = (tx: Executor, id: string, ended: Ended): Promise<boolean> =>
  end(tx, id, { ...ended, status: 'bounced', from: open });

/** It arrived where it was not wanted. False when its end was known. */
export const recordComplained = (tx: Executor, id: string, reasonCode: string): Promise<boolean> =>
  end(tx, id, { reasonCode, status: 'complained', from: open });

/** It is not sent, for what was reported of the address before. */
export const recordSuppressed = (tx: Executor, id: string, reasonCode: string): Promise<boolean> =>
  end(tx, id, { reasonCode, status: 'suppressed', from: waiting });

/** Keeps what a server said of a mail that may yet arrive. False when that was known. */
export async function noteReport(tx: Executor, id: string, reasonCode: string): Promise<boolean> {
  const isNew = or(isNull(delivery.reasonCode), ne(delivery.reasonCode, reasonCode));
  const rows = await tx
    .update(delivery)
    .set({ reasonCode })
    .where(and(eq(delivery.id, id), inArray(delivery.status, [...open]), isNew))
    .returning({ id: delivery.id });
  return rows.length === 1;
}
