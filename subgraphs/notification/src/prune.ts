import { type Repetition, repeat } from '@gatehouse/data';
import { forgetProcessedEvents } from '@gatehouse/events';
import type { NotificationDeps } from './deps.ts';
import { forgetDeadMessages, pruneDeliveries } from './queries/deliveries.ts';
import { pruneSuppressions } from './queries/suppressions.ts';
import { processedEvent } from './tables/processed-event.ts';

const everyMs = 3_600_000;

/** Forgets, every hour, what has been kept long enough: records of mails and events, messages nobody received, addresses not written to. */
export const startPruning = (deps: Pick<NotificationDeps, 'database' | 'config' | 'logger'>): Repetition =>
  repeat(everyMs, async () => {
    const { database, config, logger } = deps;
    try {
      await forgetDeadMessages(database.db, config.keepDeadMessageDays);
      while ((await pruneDeliveries(database.db, config.keepDays)) > 0);
      while ((await pruneSuppressions(database.db, config.keepSuppressionDays)) > 0);
      const limit = new Date(Date.now() - config.keepDays * 86_400_000);
      await forgetProcessedEvents(database, processedEvent, limit);
    } catch (err) {
      logger.warn({ err }, 'old records were not pruned, trying again later');
    }
  });
