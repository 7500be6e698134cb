import { type Executor, markTransaction } from '@gatehouse/data';
import { deliveryTopic } from './deliver-messages.ts';
import { addDelivery } from './queries/deliveries.ts';

/** A message that only needs to be accepted. */
export type PreparedMessage = Parameters<typeof addDelivery>[1];

/** Accepts a message in a transaction; it leaves right after the commit, once per idempotency key. */
export async function acceptMessage(tx: Executor, message: PreparedMessage): Promise<void> {
  if (await addDelivery(tx, message)) markTransaction(tx, deliveryTopic);
}
