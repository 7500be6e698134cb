import { type Executor, markTransaction, newId } from '@gatehouse/data';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { catalogue, type EventData, type EventType } from './catalogue/index.ts';
import type { OutboxTable } from './outbox-tables.ts';

export type NewEvent<T extends EventType> = {
  type: T;
  tenantId: string;
  /** The user it is about; events of one subject keep their order. */
  subject: string;
  data: EventData<T>;
  /** W3C trace context of the request that caused it. */
  traceparent?: string | undefined;
};

/**
 * Puts an event into the outbox, in the transaction it tells about, and answers its id. Throws a ZodError when the
 * data are not exactly what the catalogue says.
 */
export async function writeEvent<T extends EventType>(
  tx: Executor,
  outbox: OutboxTable,
  event: NewEvent<T>,
): Promise<string> {
  const id = newId();
  const data = catalogue[event.type].published.parse(event.data);
  const { type, tenantId, subject, traceparent } = event;
  await tx.insert(outbox).values({ id, type, tenantId, subject, data, traceparent });
  markTransaction(tx, outboxTopic(outbox));
  return id;
}

/** What `markTransaction` calls an outbox: its full name. */
export function outboxTopic(outbox: OutboxTable): string {
  const { schema, name } = getTableConfig(outbox);
  return `${schema}.${name}`;
}
