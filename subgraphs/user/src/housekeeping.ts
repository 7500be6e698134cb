import { forgetProcessedEvents } from '@gatehouse/events';
import type { UserDeps } from './deps.ts';
import { eraseUsers } from './erase-users.ts';
import { processedEvent } from './tables/index.ts';

/** Days an event handled is remembered: far longer than any redelivery takes. */
const processedEventDays = 30;

/**
 * Erases users whose retention has ended and forgets events handled long ago: at start and then every
 * `config.housekeepingMs`. `stop` waits for the run in progress.
 */
export function startHousekeeping(deps: Pick<UserDeps, 'database' | 'config' | 'logger'>): {
  stop(): Promise<void>;
} {
  const { database, config, logger } = deps;
  let running: Promise<void> | undefined;

  const work = async () => {
    try {
      const count = await eraseUsers(database);
      if (count > 0) logger.info({ count }, 'deleted users erased');
      const past = new Date(Date.now() - processedEventDays * 86_400_000);
      await forgetProcessedEvents(database, processedEvent, past);
    } catch (err) {
      logger.error({ err }, 'housekeeping failed, it is tried again');
    }
    running = undefined;
  };
  const run = () => {
    running ??= work();
  };
  run();
  const timer = setInterval(run, config.housekeepingMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
