import type { Database, Executor } from '@gatehouse/data';
import { lt } from 'drizzle-orm';
import type { ProcessedEventTable } from './outbox-tables.ts';

/**
 * Runs `fn` unless this group has handled the event already; both in the caller's transaction, so that a redelivery
 * after a crash has exactly one effect. Answers whether it ran. Parallel calls for one event wait for each other.
 */
export async function handleOnce(
  tx: Executor,
  processedEvent: ProcessedEventTable,
  key: { group: string; eventId: string },
  fn: () => Promise<void>,
): Promise<boolean> {
  const inserted = await tx
    .insert(processedEvent)
    .values(key)
    .onConflictDoNothing()
    .returning({ eventId: processedEvent.eventId });
  if (inserted.length === 0) return false;
  await fn();
  return true;
}

/** Forgets events handled before `date`. What is replayed from the dead letters later than that runs again. */
export async function forgetProcessedEvents(
  database: Database,
  processedEvent: ProcessedEventTable,
  date: Date,
): Promise<void> {
  await database.db.delete(processedEvent).where(lt(processedEvent.processedAt, date));
}
