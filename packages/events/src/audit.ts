import type { Database, Executor, Tx } from '@gatehouse/data';
import type { EventData } from './catalogue/index.ts';
import type { OutboxTable } from './outbox-tables.ts';
import { writeEvent } from './write-event.ts';

/** What the audit log is told of an operation, and in which tenant it took place. */
export type AuditRecord = EventData<'audit.recorded'> & { tenantId: string };

/** Tells the audit log of an operation, in its transaction. */
export async function writeAudit(tx: Executor, outbox: OutboxTable, record: AuditRecord): Promise<void> {
  const { tenantId, ...data } = record;
  const subject = (data.on?.type === 'user' && data.on.id) || tenantId;
  await writeEvent(tx, outbox, { type: 'audit.recorded', tenantId, subject, data });
}

/**
 * The database as one operation is given it: the transaction it makes also tells the audit log of it, so that both happen
 * or neither does. `recordOf` gets what the transaction answered.
 */
export const recordingDatabase = (
  database: Database,
  outbox: OutboxTable,
  recordOf: (result: unknown) => AuditRecord,
): Database => ({
  ...database,
  transaction: <T>(fn: (tx: Tx) => Promise<T>) =>
    database.transaction(async (tx) => {
      const result = await fn(tx);
      await writeAudit(tx, outbox, recordOf(result));
      return result;
    }),
});
