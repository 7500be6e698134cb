import type { Executor } from '@gatehouse/data';
import { and, eq } from 'drizzle-orm';
import { processedEvent } from '../tables/outbox.ts';

export async function wasProcessed(db: Executor, key: { group: string; eventId: string }): Promise<boolean> {
  const rows = await db
    .select({ eventId: processedEvent.eventId })
    .from(processedEvent)
    .where(and(eq(processedEvent.group, key.group), eq(processedEvent.eventId, key.eventId)));
  return rows.length > 0;
}
